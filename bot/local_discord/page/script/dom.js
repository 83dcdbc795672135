// Making elements, and changing a tree into another without touching what stays the same.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name in element && name !== "list" && typeof value !== "string") element[name] = value;
    else element.setAttribute(name === "className" ? "class" : name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// What the reader has done to an element is theirs: a revealed spoiler, a list that is open.
const KEPT = ["shown", "flash"]; // classes
const isTheirs = (element, name) => element.ariaExpanded === "true" && name.startsWith("aria-");

export function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || from.dataset?.key !== to.dataset?.key) {
    from.replaceWith(to);
    return to;
  }
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return from;
  }
  if (from.nodeName === "IMG" && from.dataset.file !== to.dataset.file) {
    exchangePicture(from, to);
    return from;
  }
  for (const name of KEPT) if (from.classList.contains(name)) to.classList.add(name);
  for (const { name, value } of [...to.attributes]) {
    if (name === "src" && from.dataset.file) continue; // the same file under a fresh signature
    if (isTheirs(from, name)) continue;
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isTheirs(from, name)) from.removeAttribute(name);
  }
  morphChildren(from, to);
  return from;
}

function morphChildren(from, to) {
  const keyed = new Map([...from.childNodes].filter((node) => node.dataset?.key).map((node) => [node.dataset.key, node]));
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = wanted.dataset?.key;
    const same = key ? keyed.get(key) : place && !place.dataset?.key && place.nodeName === wanted.nodeName ? place : null;
    if (!same) {
      from.insertBefore(wanted, place);
      continue;
    }
    if (same !== place) from.insertBefore(same, place);
    place = morph(same, wanted).nextSibling;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// The old picture stays until the new one can be shown: a preview that advances must not flicker.
function exchangePicture(shown, wanted) {
  const file = (shown.dataset.file = wanted.dataset.file);
  const show = () => {
    if (shown.dataset.file !== file) return;
    for (const { name, value } of [...wanted.attributes]) shown.setAttribute(name, value);
  };
  const ahead = new Image();
  ahead.src = wanted.getAttribute("src");
  ahead.decode().then(show, () => {}); // gone already: a newer one is on its way
}
