// A list to choose from with the arrow keys while the cursor stays in its field.

import { h } from "./dom.js";

let number = 0;

export class Listbox {
  // `chosen(item)` is called with what was picked; `render(item)` makes its inside.
  // A floating list stands above its field, over whatever would cut it off.
  constructor(input, { className, label, render, chosen, testid, isFloating = false }) {
    this.input = input;
    this.isFloating = isFloating;
    this.render = render;
    this.chosen = chosen;
    this.items = [];
    this.at = 0;
    this.element = h("div", { className, role: "listbox", id: `listbox-${(number += 1)}`, "aria-label": label, hidden: true, dataset: { testid } });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.element.id })) {
      input.setAttribute(name, value);
    }
    // Choosing must not take the cursor out of the field.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  show(items, { heading = null, empty = "" } = {}) {
    this.items = items;
    this.at = 0;
    this.element.replaceChildren(
      ...(heading ? [h("h3", { role: "presentation" }, heading)] : []),
      ...items.map((item, index) =>
        h("div", { role: "option", id: `${this.element.id}-${index}`, onclick: () => this.pick(index), onmousemove: () => this.move(index) }, this.render(item)),
      ),
      ...(items.length ? [] : [h("div", { className: "nothing", role: "status" }, empty)]),
    );
    this.element.hidden = false;
    if (this.isFloating) this.place();
    this.input.setAttribute("aria-expanded", "true");
    this.move(0);
  }

  place() {
    const { left, top, width } = this.input.getBoundingClientRect();
    const bottom = innerHeight - top + 3;
    Object.assign(this.element.style, { left: `${left}px`, bottom: `${bottom}px`, width: `${width}px`, maxHeight: `${Math.min(250, top - 10)}px` });
  }

  hide() {
    this.element.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  move(index) {
    const options = [...this.element.querySelectorAll("[role=option]")];
    this.at = options.length ? (index + options.length) % options.length : 0;
    options.forEach((option, here) => option.setAttribute("aria-selected", String(here === this.at)));
    options[this.at]?.scrollIntoView({ block: "nearest" });
    if (options[this.at]) this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }

  pick(index = this.at) {
    const item = this.items[index];
    if (item === undefined) return;
    this.hide();
    this.chosen(item);
  }

  // Whether the key was one for the list.
  key(event) {
    if (!this.isOpen) return false;
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && this.items.length && !event.shiftKey) this.pick();
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
