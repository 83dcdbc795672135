// A list to choose from with the arrow keys while the cursor stays in its field.

import { h } from "./dom.js";

let number = 0;

export class Listbox {
  // `chosen(item)` is called with what was picked; `render(item)` makes its inside. With `isPicked` several can be
  // picked: the list stays, and each is shown as picked or not. A floating list stands over whatever would cut it off.
  constructor(input, { className, label, render, chosen, testid, isFloating = false, isPicked = null }) {
    Object.assign(this, { input, render, chosen, isFloating, isPicked, items: [], at: 0 });
    this.element = h("div", { className, role: "listbox", id: `listbox-${(number += 1)}`, "aria-label": label, "aria-multiselectable": isPicked ? "true" : null, hidden: true, dataset: { testid } });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.element.id })) {
      input.setAttribute(name, value);
    }
    // Choosing must not take the cursor out of the field.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  show(items, { heading = null, empty = "", at = 0 } = {}) {
    this.items = items;
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
    this.move(at);
  }

  // Above its field, or below where there is more room.
  place() {
    const { left, top, bottom, width } = this.input.getBoundingClientRect();
    const isAbove = top > innerHeight - bottom;
    const room = isAbove ? top : innerHeight - bottom;
    Object.assign(this.element.style, {
      left: `${left}px`, width: `${width}px`, maxHeight: `${Math.min(260, room - 12)}px`,
      top: isAbove ? "auto" : `${bottom + 3}px`, bottom: isAbove ? `${innerHeight - top + 3}px` : "auto",
    });
  }

  hide() {
    this.element.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  get options() {
    return [...this.element.querySelectorAll("[role=option]")];
  }

  move(index) {
    const { options } = this;
    this.at = options.length ? (index + options.length) % options.length : 0;
    options.forEach((option, here) => {
      option.classList.toggle("active", here === this.at);
      option.setAttribute("aria-selected", String(this.isPicked ? this.isPicked(this.items[here]) : here === this.at));
    });
    options[this.at]?.scrollIntoView({ block: "nearest" });
    if (options[this.at]) this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }

  pick(index = this.at) {
    const item = this.items[index];
    if (item === undefined) return;
    if (!this.isPicked) this.hide();
    this.chosen(item);
    if (this.isPicked) this.move(index);
  }

  // Whether the key was one for the list.
  key(event) {
    if (!this.isOpen) return false;
    const isTab = event.key === "Tab" && !this.isPicked;
    if (event.key === "ArrowDown") this.move(this.at + 1);
    else if (event.key === "ArrowUp") this.move(this.at - 1);
    else if ((event.key === "Enter" || isTab) && this.items.length && !event.shiftKey) this.pick();
    else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
