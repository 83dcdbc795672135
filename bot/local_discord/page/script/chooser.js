// A select: a button that shows what is chosen, and the list that comes up over everything else.

import { h } from "./dom.js";
import { emojiFace } from "./emojis.js";
import { Listbox } from "./listbox.js";
import { chosenAtFirst, optionsOf } from "./options.js";
import { avatar } from "./people.js";
import * as phrase from "./phrases.js";

const STRING = 3;
const FEW = 8; // options that need no search
const GAP = 4; // pixels between the button and its list
let closeOpen = () => {};

const bounds = (block) => ({ least: block.min_values ?? 1, most: block.max_values ?? 1 });

export function selectButton(block, values, properties = {}) {
  const shown = optionsOf(block).filter((option) => values.includes(option.value));
  const name = block.placeholder ?? phrase.select;
  return h(
    "button",
    { type: "button", className: "field select", role: "combobox", "aria-haspopup": "listbox", "aria-expanded": "false", "aria-label": shown.length ? phrase.selected(name, words(shown)) : name, disabled: Boolean(block.disabled), ...properties },
    shown.length ? h("span", {}, emojiFace(shown[0].emoji), words(shown)) : h("span", { className: "placeholder" }, name),
  );
}

const words = (options) => options.map((option) => option.label).join(", ");

// A select that keeps its own values, as in a form: {element, values()}.
export function selectField(block, properties) {
  let values = chosenAtFirst(block);
  const holder = h("div", { className: "select-field" });
  const draw = () => {
    const button = selectButton(block, values, properties);
    const open = () => choose(button, block, values, (chosen) => {
      values = chosen;
      draw();
      holder.firstChild.focus();
      holder.dispatchEvent(new Event("chosen", { bubbles: true }));
    });
    button.addEventListener("click", open);
    button.addEventListener("keydown", (event) => event.key === "ArrowDown" && open());
    holder.replaceChildren(button);
  };
  draw();
  return { element: holder, values: () => values };
}

// Opens the list of a select; `done(values)` is called if something else was chosen.
export function choose(anchor, block, current, done) {
  closeOpen();
  const { least, most } = bounds(block);
  const offered = optionsOf(block);
  const before = current ?? chosenAtFirst(block);
  const picked = new Set(before);
  const search = offered.length > FEW || block.type !== STRING ? h("input", { type: "text", className: "field", placeholder: phrase.search, autocomplete: "off", "aria-label": phrase.search }) : null;
  const field = search ?? anchor;
  const isSingle = most === 1;
  const count = h("span", { role: "status" });
  const commit = h("button", { type: "button", className: "button primary", tabIndex: -1, onclick: () => end(true) }, phrase.take);
  const box = new Listbox(field, {
    className: "options", label: block.placeholder ?? phrase.options, testid: "choices", isPicked: isSingle ? null : (option) => picked.has(option.value),
    render: (option) => optionElement(option, isSingle),
    chosen: (option) => {
      if (isSingle) return end(true, least === 0 && picked.has(option.value) ? [] : [option.value]);
      if (!picked.delete(option.value) && picked.size < most) picked.add(option.value);
      return tally();
    },
  });
  const sheet = h("div", { className: "chooser", dataset: { testid: "chooser" } }, search, box.element, isSingle ? null : h("div", { className: "foot" }, count, commit));
  const tally = () => {
    count.textContent = phrase.numChosen(picked.size, least, most);
    commit.disabled = picked.size < least;
  };
  const filter = () => {
    const wanted = (search?.value ?? "").toLowerCase();
    const fitting = offered.filter((option) => `${option.label} ${option.description ?? ""}`.toLowerCase().includes(wanted));
    box.show(fitting, { empty: phrase.nothingFits, at: Math.max(0, fitting.findIndex((option) => picked.has(option.value))) });
  };
  const place = () => (anchor.isConnected ? stand(sheet, anchor) : end(false));
  const onKey = (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      end(false);
    } else if (!box.key(event) && event.key === "Tab") end(true);
  };
  const leave = () => end(!isSingle);
  function end(isMeant, values = [...picked]) {
    if (closeOpen === leave) closeOpen = () => {};
    field.removeEventListener("keydown", onKey);
    field.removeEventListener("blur", leave);
    for (const name of ["scroll", "resize"]) removeEventListener(name, place, true);
    const hadFocus = sheet.contains(document.activeElement);
    box.hide();
    sheet.remove();
    if (hadFocus) anchor.focus();
    const isOther = values.length !== before.length || values.some((value) => !before.includes(value));
    if (isMeant && isOther && values.length >= least) done(values);
  }
  sheet.addEventListener("mousedown", (event) => event.target !== search && event.preventDefault());
  field.addEventListener("keydown", onKey);
  field.addEventListener("blur", leave);
  for (const name of ["scroll", "resize"]) addEventListener(name, place, true);
  search?.addEventListener("input", filter);
  (anchor.closest("dialog") ?? document.body).append(sheet);
  closeOpen = leave;
  if (!isSingle) tally();
  filter();
  place();
  field.focus({ preventScroll: true });
}

function optionElement(option, isSingle) {
  return [
    isSingle ? null : h("i", { className: "tick", "aria-hidden": "true" }),
    option.user ? avatar(option.user, "tiny") : emojiFace(option.emoji),
    h("span", {}, option.label, option.description ? h("small", {}, option.description) : null),
  ].filter(Boolean);
}

// Below the button, or above it where there is more room.
function stand(sheet, anchor) {
  const { left, top, bottom, width } = anchor.getBoundingClientRect();
  const isAbove = innerHeight - bottom < 240 && top > innerHeight - bottom;
  Object.assign(sheet.style, {
    left: `${Math.min(left, innerWidth - width - GAP)}px`, width: `${width}px`, maxHeight: `${Math.min(340, (isAbove ? top : innerHeight - bottom) - 2 * GAP)}px`,
    top: isAbove ? "auto" : `${bottom + GAP}px`, bottom: isAbove ? `${innerHeight - top + GAP}px` : "auto",
  });
}
