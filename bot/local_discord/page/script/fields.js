// One field for one option of a command, by the option's type.
//
// A field is {element, focus(), value()}; value() gives undefined where nothing was filled in and
// throws a sentence where it cannot be sent.

import * as api from "./api.js";
import { h } from "./dom.js";
import { Listbox } from "./listbox.js";
import { optionsOf } from "./components.js";
import { state } from "./state.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, CHANNEL = 7, ROLE = 8, MENTIONABLE = 9, NUMBER = 10, ATTACHMENT = 11;
const SELECTS = { [USER]: 5, [CHANNEL]: 8, [ROLE]: 6, [MENTIONABLE]: 7 };
const PAUSE = 140; // milliseconds without a key before suggestions are asked for

export function makeField(option, id, command) {
  if (option.type === ATTACHMENT) return fileField(option, id);
  if (option.choices?.length) return choiceField(option, id, option.choices.map((one) => ({ value: one.value, label: one.name })));
  if (option.type === BOOLEAN) return choiceField(option, id, [{ value: true, label: "True" }, { value: false, label: "False" }]);
  if (SELECTS[option.type]) return choiceField(option, id, optionsOf({ type: SELECTS[option.type], channel_types: option.channel_types }));
  return textField(option, id, command);
}

function convert(option, text) {
  if (text === "") {
    if (option.required) throw new Error("This option is required.");
    return undefined;
  }
  if (option.type === STRING) return within(option, text, text.length, "min_length", "max_length", " characters");
  const number = Number(text);
  if (!Number.isFinite(number) || (option.type === INTEGER && !Number.isInteger(number))) {
    throw new Error(option.type === INTEGER ? "Enter a whole number." : "Enter a number.");
  }
  return within(option, number, number, "min_value", "max_value", "");
}

function within(option, value, measure, least, most, unit) {
  if (option[least] !== undefined && measure < option[least]) throw new Error(`At least ${option[least]}${unit}.`);
  if (option[most] !== undefined && measure > option[most]) throw new Error(`At most ${option[most]}${unit}.`);
  return value;
}

function textField(option, id, command) {
  const isNumber = option.type === INTEGER || option.type === NUMBER;
  const bounds = option.min_value !== undefined && option.max_value !== undefined ? `${option.min_value} to ${option.max_value}` : "";
  const common = { id, className: "field", autocomplete: "off", placeholder: bounds, "aria-required": option.required ? "true" : null, dataset: { testid: `option-${option.name}` } };
  const input = isNumber || option.autocomplete
    ? h("input", { ...common, type: "text", inputmode: option.type === INTEGER ? "numeric" : isNumber ? "decimal" : "text" })
    : h("textarea", { ...common, rows: "1" });
  const field = { element: input, focus: () => input.focus(), value: () => convert(option, input.value.trim()) };
  return option.autocomplete ? suggesting(field, input, option, command) : field;
}

// Asks the bot while one types; what is chosen is shown by its name and sent by its value.
function suggesting(field, input, option, command) {
  let picked = null;
  let asked = 0;
  const box = new Listbox(input, {
    className: "suggest", label: `Suggestions for ${option.name}`, testid: `suggestions-${option.name}`, isFloating: true,
    render: (choice) => choice.name,
    chosen: (choice) => {
      picked = choice;
      input.value = choice.name;
      input.dispatchEvent(new Event("chosen", { bubbles: true }));
    },
  });
  const ask = async () => {
    const mine = (asked += 1);
    try {
      const values = { ...command.sofar(), [option.name]: input.value };
      const { choices, answered } = await api.suggest(state.channelId, command.name, values, option.name);
      if (mine !== asked || document.activeElement !== input) return;
      box.show(choices, { empty: answered ? "Nothing fits what you typed." : "Loading options failed." });
    } catch (error) {
      if (mine === asked) box.show([], { empty: error.message });
    }
  };
  let timer;
  input.addEventListener("input", () => {
    picked = null;
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("focus", ask);
  input.addEventListener("blur", () => {
    asked += 1;
    clearTimeout(timer);
    box.hide();
  });
  input.addEventListener("keydown", (event) => box.key(event));
  field.element = h("div", {}, input, box.element);
  field.value = () => (picked && picked.name === input.value ? picked.value : convert(option, input.value.trim()));
  return field;
}

function choiceField(option, id, offered) {
  const select = h(
    "select",
    { id, className: "field", "aria-required": option.required ? "true" : null, dataset: { testid: `option-${option.name}` } },
    h("option", { value: "" }, option.required ? "Choose…" : "—"),
    offered.map((one, index) => h("option", { value: String(index) }, one.label)),
  );
  return {
    element: select,
    focus: () => select.focus(),
    value: () => {
      if (select.value === "") return convert(option, "");
      return offered[Number(select.value)].value;
    },
  };
}

function fileField(option, id) {
  let file = null;
  const input = h("input", { type: "file", hidden: true, dataset: { testid: `option-${option.name}` }, onchange: () => take(input.files[0]) });
  const button = h("button", { type: "button", id, className: "drop", onclick: () => input.click() });
  const take = (taken) => {
    file = taken ?? null;
    const preview = file?.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : null;
    button.replaceChildren(...[preview, file ? file.name : "Choose, drop or paste a file"].filter(Boolean));
    button.dispatchEvent(new Event("chosen", { bubbles: true }));
  };
  take(null);
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    button.addEventListener(name, (event) => {
      event.preventDefault();
      event.stopPropagation();
      button.classList.toggle("over", name.startsWith("dragenter") || name === "dragover");
      if (name === "drop") take(event.dataTransfer.files[0]);
    });
  }
  return {
    element: h("div", {}, button, input),
    focus: () => button.focus(),
    takeFile: take,
    isEmpty: () => file === null,
    value: async () => {
      if (!file) return convert(option, "");
      return (await api.upload(state.channelId, file)).id;
    },
  };
}
