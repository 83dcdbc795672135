// A place for files in a form: chosen, dropped or pasted, shown before they are sent.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import * as phrase from "./phrases.js";
import { sizeOf } from "./pictures.js";

const DRAGS = ["dragenter", "dragover", "dragleave", "drop"];

// {element, files(), takeFiles(files)}; the hidden input carries the test id, as a browser fills it.
export function fileField(id, most, dataset) {
  let files = [];
  const input = h("input", { type: "file", hidden: true, multiple: most > 1, dataset, onchange: () => input.files.length && takeFiles([...input.files]) });
  const button = h("button", { type: "button", id, className: "drop", onclick: () => input.click() });
  const empty = phrase.dropFiles(most);
  function takeFiles(taken) {
    files = taken.filter(Boolean).slice(0, most);
    button.replaceChildren(...(files.length ? files.map(preview) : [icon("plus"), empty]));
    button.dispatchEvent(new Event("chosen", { bubbles: true }));
  }
  for (const name of DRAGS) {
    button.addEventListener(name, (event) => {
      event.preventDefault();
      event.stopPropagation();
      button.classList.toggle("over", name.startsWith("dragenter") || name === "dragover");
      if (name === "drop") takeFiles([...event.dataTransfer.files]);
    });
  }
  takeFiles([]);
  const element = h("div", {}, button, input);
  element.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    takeFiles([...event.clipboardData.files]);
  });
  return { element, files: () => files, takeFiles };
}

function preview(file) {
  const picture = file.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file");
  return h("span", { className: "taken" }, picture, h("span", {}, file.name, h("small", {}, sizeOf(file.size))));
}
