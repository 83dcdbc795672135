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

const PATHS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  send: "M4 12l16-7-5 16-4-7-7-2z",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  reply: "M10 7L5 12l5 5M5 12h9a5 5 0 015 5v1",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9a3 3 0 100 6 3 3 0 000-6z",
  file: "M14 3H7a2 2 0 00-2 2v14a2 2 0 002 2h10a2 2 0 002-2V8l-5-5zM14 3v5h5",
  sun: "M12 8a4 4 0 100 8 4 4 0 000-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
  moon: "M20 14.5A8 8 0 119.5 4 6.5 6.5 0 0020 14.5z",
  halves: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 3v18M12 7h6.5M12 12h9M12 17h6.5",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": name === "dots" ? 3 : 2,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, properties = {}) {
  return h("button", { type: "button", className: "icon-button", "aria-label": label, title: label, ...properties }, icon(name));
}

// What the reader has done to an element is theirs: an open fold, a revealed spoiler.
const KEPT = new Set(["open"]);

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
  for (const { name, value } of [...to.attributes]) {
    if (name === "src" && from.dataset.file) continue; // the same file under a fresh signature
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !KEPT.has(name)) from.removeAttribute(name);
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
