// A modal the bot opened: its fields, their rules, and sending them off.

import * as api from "./api.js";
import { selectField } from "./chooser.js";
import { h } from "./dom.js";
import { fileField } from "./files.js";
import { iconButton } from "./icons.js";
import * as phrase from "./phrases.js";
import { claim, nameOf, state } from "./state.js";
import { text } from "./text.js";

const dialog = document.getElementById("modal");
const FOCUSABLE = "input:not([hidden]), textarea, button";
const ROW = 1, TEXT_DISPLAY = 10;
const TEXT_INPUT = 4, FILE_UPLOAD = 19, RADIO_GROUP = 21, CHECKBOX_GROUP = 22, CHECKBOX = 23;

export function openModal(interaction) {
  const { modal } = interaction;
  const asked = [];
  const inside = h("div", { className: "inside" }, modal.components.map((block) => blockElement(block, asked)));
  const complaint = h("p", { className: "why", role: "alert", hidden: true });
  const send = h("button", { type: "submit", className: "button primary", dataset: { testid: "modal-submit" } }, phrase.submit);
  const form = h(
    "form",
    { novalidate: true },
    h("div", { className: "top" }, h("h2", { id: "modal-title" }, modal.title), iconButton("close", phrase.close, { onclick: () => dialog.close() })),
    h("p", { className: "by" }, phrase.goesTo(nameOf(state.around.bot))),
    inside,
    h("div", { className: "bottom" }, complaint, h("button", { type: "button", className: "button quiet", onclick: () => dialog.close(), dataset: { testid: "modal-cancel" } }, phrase.cancel), send),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.setAttribute("aria-busy", "true");
    try {
      const values = await gather(asked);
      if (!values) return;
      const view = await api.submit(interaction.id, values);
      claim(view);
      dialog.close();
    } catch (error) {
      complaint.textContent = error.message;
      complaint.hidden = false;
    } finally {
      send.removeAttribute("aria-busy");
    }
  });
  // Several lines are written with Enter; Ctrl and Enter sends from anywhere.
  form.addEventListener("keydown", (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.requestSubmit());
  dialog.replaceChildren(form);
  dialog.showModal();
  inside.querySelector(FOCUSABLE)?.focus();
}

// What was filled in by custom_id, or nothing if a field complains.
async function gather(asked) {
  const values = {};
  let first = null;
  for (const one of asked) {
    one.why.hidden = true;
    one.box.classList.remove("wrong");
    try {
      values[one.customId] = await one.value();
    } catch (error) {
      one.why.textContent = error.message;
      one.why.hidden = false;
      one.box.classList.add("wrong");
      first ??= one;
    }
  }
  first?.box.querySelector(FOCUSABLE)?.focus();
  return first ? null : values;
}

function blockElement(block, asked) {
  if (block.type === TEXT_DISPLAY) return text(block.content);
  const field = block.type === ROW ? block.components[0] : block.component;
  const id = `modal-${field.custom_id}`;
  const { element, value } = widget(field, id);
  const isGroup = field.type === RADIO_GROUP || field.type === CHECKBOX_GROUP;
  const words = [block.label ?? field.label, field.required === false || field.type === CHECKBOX ? null : h("span", { className: "star", "aria-hidden": "true" }, " *")];
  const why = h("p", { className: "why", role: "alert", hidden: true });
  const box = h(
    "div",
    { className: "ask", ...(isGroup ? { role: "group", "aria-labelledby": `${id}-label` } : {}) },
    isGroup ? h("span", { className: "label", id: `${id}-label` }, words) : h("label", { for: id }, words),
    block.description ? h("p", { id: `${id}-about` }, block.description) : null,
    element,
    why,
  );
  asked.push({ customId: field.custom_id, value, box, why });
  return box;
}

function widget(field, id) {
  const dataset = { testid: `modal-${field.custom_id}` };
  if (field.type === TEXT_INPUT) return textWidget(field, id, dataset);
  if (field.type === FILE_UPLOAD) return fileWidget(field, id, dataset);
  if (field.type === CHECKBOX) {
    const box = h("input", { type: "checkbox", id, checked: Boolean(field.default), dataset });
    return { element: box, value: () => box.checked };
  }
  if (field.type === RADIO_GROUP || field.type === CHECKBOX_GROUP) return groupWidget(field, id, dataset);
  return selectWidget(field, id, dataset);
}

const isRequired = (field) => field.required !== false;

function textWidget(field, id, dataset) {
  const most = field.max_length ?? 4000;
  const common = { id, className: "field", placeholder: field.placeholder, maxLength: most, "aria-required": String(isRequired(field)), dataset };
  const input = field.style === 2 ? h("textarea", common) : h("input", { ...common, type: "text", autocomplete: "off" });
  input.value = field.value ?? "";
  const left = h("small", { className: "left", "aria-hidden": "true" });
  const count = () => (left.textContent = most - input.value.length < 200 ? phrase.charactersLeft(most - input.value.length) : "");
  input.addEventListener("input", count);
  count();
  const value = () => {
    const words = input.value;
    if (!words && isRequired(field)) throw new Error(phrase.fieldRequired);
    if (words && words.length < (field.min_length ?? 0)) throw new Error(phrase.atLeastCharacters(field.min_length));
    return words;
  };
  return { element: h("div", {}, input, left), value };
}

function counted(field, chosen, most) {
  const least = field.min_values ?? 1;
  if (!chosen.length && !isRequired(field)) return chosen;
  if (chosen.length < least) throw new Error(least === 1 ? phrase.fieldRequired : phrase.chooseAtLeast(least));
  if (chosen.length > most) throw new Error(phrase.chooseAtMost(most));
  return chosen;
}

function fileWidget(field, id, dataset) {
  const most = field.max_values ?? 1;
  const { element, files } = fileField(id, most, dataset);
  const value = async () => {
    const uploads = [];
    for (const file of counted(field, files(), most)) uploads.push((await api.upload(state.channelId, file)).id);
    return uploads;
  };
  return { element, value };
}

function groupWidget(field, id, dataset) {
  const isRadio = field.type === RADIO_GROUP;
  const boxes = field.options.map((option, index) =>
    h("input", { type: isRadio ? "radio" : "checkbox", name: id, id: `${id}-${index}`, value: option.value, checked: Boolean(option.default) }),
  );
  const element = h("div", { dataset }, field.options.map((option, index) =>
    h("label", { className: "pick" }, boxes[index], h("span", {}, option.label, option.description ? h("small", {}, ` — ${option.description}`) : null)),
  ));
  const value = () => {
    const chosen = counted(field, boxes.filter((box) => box.checked).map((box) => box.value), isRadio ? 1 : field.max_values ?? boxes.length);
    return isRadio ? chosen[0] : chosen;
  };
  return { element, value };
}

function selectWidget(field, id, dataset) {
  const least = isRequired(field) ? field.min_values ?? 1 : 0;
  const { element, values } = selectField({ placeholder: phrase.choose, ...field, min_values: least }, { id, dataset });
  return { element, value: () => counted(field, values(), field.max_values ?? 1) };
}
