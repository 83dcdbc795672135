// The page's drawn signs, each one path on a grid of 24.

import { h } from "./dom.js";

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
  down: "M6 9l6 6 6-6",
  people: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 010 6.4M18 14.6c2.1.8 3.5 2.7 3.5 5.4",
  exchange: "M7 4L3 8l4 4M3 8h14M17 12l4 4-4 4M21 16H7",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  open: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 01-1 1H5a1 1 0 01-1-1V7a1 1 0 011-1h5",
  thread: "M5 4v9a3 3 0 003 3h11M15 12l4 4-4 4",
  chat: "M4 5h16v11H9l-5 4z",
  smile: "M12 3a9 9 0 100 18 9 9 0 000-18zM8.5 14.5c.8 1.2 2 1.9 3.5 1.9s2.7-.7 3.5-1.9M9 9.5v.5M15 9.5v.5",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l4.5 4.5",
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
