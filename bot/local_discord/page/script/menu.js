// A menu that comes up below a button or where the pointer is.

import { h } from "./dom.js";

const popup = document.getElementById("popup");
const MARGIN = 8; // pixels kept free to the edge of the window
let opener = null;

// An entry is {label, chosen} and may have hint, name (for who cannot see the label), picture, isDangerous, isCurrent and testid; {heading} and {line} part them.
// `where` is the button, or {x, y, from}: the point, and what the cursor goes back to.
export function openMenu(where, entries, shape = "") {
  opener = where.from ?? where;
  popup.replaceChildren(...entries.map(row));
  popup.className = `popup ${shape}`.trim();
  popup.hidden = false;
  place(where.getBoundingClientRect?.() ?? { left: where.x, bottom: where.y, top: where.y });
  (popup.querySelector("[aria-current=true]") ?? popup.querySelector("button"))?.focus();
}

function row(entry) {
  if (entry.heading) return h("h3", { role: "presentation" }, entry.picture, entry.heading, entry.hint ? h("small", {}, entry.hint) : null);
  if (entry.line) return h("hr");
  return h(
    "button",
    {
      type: "button", role: "menuitem", tabIndex: -1, className: entry.isDangerous ? "danger" : "", "aria-current": entry.isCurrent ? "true" : null, "aria-label": entry.name,
      dataset: entry.testid ? { testid: entry.testid } : {},
      onclick: () => {
        closeMenu();
        entry.chosen();
      },
    },
    entry.picture,
    h("span", {}, entry.label, entry.hint ? h("small", {}, entry.hint) : null),
  );
}

function place(box) {
  popup.style.maxHeight = `${innerHeight - 2 * MARGIN}px`;
  popup.style.left = `${Math.max(MARGIN, Math.min(box.left, innerWidth - popup.offsetWidth - MARGIN))}px`;
  const isRoomBelow = box.bottom + popup.offsetHeight + MARGIN < innerHeight;
  popup.style.top = `${isRoomBelow ? box.bottom + 2 : Math.max(MARGIN, box.top - popup.offsetHeight - 2)}px`;
}

function closeMenu() {
  popup.hidden = true;
  if (opener?.isConnected) opener.focus?.();
}

// A letter goes to the next entry that begins with it.
function byLetter(all, at, letter) {
  const turned = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  return turned.find((one) => one.textContent.toLowerCase().startsWith(letter.toLowerCase()));
}

export function start() {
  document.addEventListener("pointerdown", (event) => {
    if (!popup.hidden && !popup.contains(event.target)) popup.hidden = true;
  });
  addEventListener("resize", () => (popup.hidden = true));
  popup.addEventListener("contextmenu", (event) => event.preventDefault());
  popup.addEventListener("keydown", (event) => {
    const all = [...popup.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    let next = null;
    if (event.key === "Escape" || event.key === "Tab") closeMenu();
    else if (event.key === "ArrowDown" || event.key === "ArrowRight") next = all[(at + 1) % all.length];
    else if (event.key === "ArrowUp" || event.key === "ArrowLeft") next = all[(at - 1 + all.length) % all.length];
    else if (event.key === "Home") [next] = all;
    else if (event.key === "End") next = all.at(-1);
    else if (event.key.length === 1 && event.key !== " ") next = byLetter(all, at, event.key);
    else return;
    next?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
}
