// One field for one option of a command, by the option's type.
//
// A field is {element, focus(), value(), set(value)}; value() gives undefined where nothing was filled in and
// throws a sentence where it cannot be sent.

import * as api from "./api.js";
import { selectField } from "./chooser.js";
import { h } from "./dom.js";
import { fileField } from "./files.js";
import { Listbox } from "./listbox.js";
import * as phrase from "./phrases.js";
import { state } from "./state.js";

const STRING = 3, INTEGER = 4, BOOLEAN = 5, USER = 6, CHANNEL = 7, ROLE = 8, MENTIONABLE = 9, NUMBER = 10, ATTACHMENT = 11;
const SELECTS = { [USER]: 5, [CHANNEL]: 8, [ROLE]: 6, [MENTIONABLE]: 7 };
const SLOW = 350; // milliseconds after which it is said that suggestions are on their way
const PAUSE = 140; // milliseconds without a key before suggestions are asked for

export function makeField(option, id, command) {
  if (option.type === ATTACHMENT) return optionalFile(option, id);
  if (option.choices?.length) return choiceField(option, id, { type: 3, options: option.choices.map((one, index) => ({ value: String(index), label: one.name })) }, (key) => option.choices[Number(key)].value);
  if (option.type === BOOLEAN) return choiceField(option, id, { type: 3, options: [{ value: "true", label: phrase.yes }, { value: "false", label: phrase.no }] }, (key) => key === "true");
  if (SELECTS[option.type]) return choiceField(option, id, { type: SELECTS[option.type], channel_types: option.channel_types }, (key) => key);
  return textField(option, id, command);
}

// What may be filled in, in few words.
export function hintOf(option) {
  const { min_value: least, max_value: most, max_length: longest } = option;
  if (option.choices?.length) return phrase.numChoices(option.choices.length);
  if (option.type === STRING) return longest && longest < 6000 ? phrase.upTo(longest) : "";
  if (least !== undefined && most !== undefined && most <= 2 ** 31) return phrase.range(least, most);
  const { integer, number, file } = phrase.kinds;
  return { [INTEGER]: integer, [NUMBER]: number, [ATTACHMENT]: file }[option.type] ?? "";
}

function convert(option, text) {
  if (text === "") {
    if (option.required) throw new Error(phrase.optionRequired);
    return undefined;
  }
  if (option.type === STRING) return within(text, text.length, [option.min_length, phrase.atLeastCharacters], [option.max_length, phrase.atMostCharacters]);
  const number = Number(text);
  if (!Number.isFinite(number) || (option.type === INTEGER && !Number.isInteger(number))) {
    throw new Error(option.type === INTEGER ? phrase.enterInteger : phrase.enterNumber);
  }
  return within(number, number, [option.min_value, phrase.atLeast], [option.max_value, phrase.atMost]);
}

function within(value, measure, [least, tooLittle], [most, tooMuch]) {
  if (least !== undefined && measure < least) throw new Error(tooLittle(least));
  if (most !== undefined && measure > most) throw new Error(tooMuch(most));
  return value;
}

function textField(option, id, command) {
  const isNumber = option.type === INTEGER || option.type === NUMBER;
  const common = { id, className: "field", autocomplete: "off", placeholder: hintOf(option), "aria-required": option.required ? "true" : null, dataset: { testid: `option-${option.name}` } };
  const input = isNumber || option.autocomplete
    ? h("input", { ...common, type: "text", inputmode: option.type === INTEGER ? "numeric" : isNumber ? "decimal" : "text" })
    : h("textarea", { ...common, rows: "1" });
  if (isNumber && !option.autocomplete) input.addEventListener("keydown", (event) => stepBy(event, option, input));
  const field = {
    element: input, focus: () => input.focus(), value: () => convert(option, input.value.trim()),
    set: (value) => (input.value = String(value)),
  };
  return option.autocomplete ? suggesting(field, input, option, command) : field;
}

// The arrow keys count up and down, within the bounds.
function stepBy(event, option, input) {
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!step || !Number.isFinite(Number(input.value))) return;
  event.preventDefault();
  const start = input.value.trim() === "" ? (option.min_value ?? 0) - step : Number(input.value);
  const wanted = start + step * (option.type === NUMBER ? 0.5 : 1);
  input.value = String(Math.min(option.max_value ?? Infinity, Math.max(option.min_value ?? -Infinity, wanted)));
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

// Asks the bot while one types; what is chosen is shown by its name and sent by its value.
function suggesting(field, input, option, command) {
  let picked = null;
  let asked = 0;
  const box = new Listbox(input, {
    className: "suggest", label: phrase.suggestionsFor(option.name), testid: `suggestions-${option.name}`, isFloating: true,
    render: (choice) => choice.name,
    chosen: (choice) => {
      picked = choice;
      input.value = choice.name;
      input.dispatchEvent(new Event("chosen", { bubbles: true }));
    },
  });
  const ask = async () => {
    const mine = (asked += 1);
    const slow = setTimeout(() => mine === asked && !box.isOpen && box.show([], { empty: phrase.asking }), SLOW);
    try {
      const values = { ...command.sofar(), [option.name]: input.value };
      const { choices, answered } = await api.suggest(state.channelId, command.name, values, option.name);
      if (mine !== asked || document.activeElement !== input) return;
      box.show(choices, { empty: answered ? phrase.nothingFits : phrase.loadingFailed });
    } catch (error) {
      if (mine === asked) box.show([], { empty: error.message });
    } finally {
      clearTimeout(slow);
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

function choiceField(option, id, block, meaning) {
  const { element, values } = selectField(
    { min_values: option.required ? 1 : 0, max_values: 1, placeholder: phrase.choose, ...block },
    { id, "aria-label": option.name, dataset: { testid: `option-${option.name}` } },
  );
  return {
    element,
    focus: () => element.querySelector("button").focus(),
    value: () => (values().length ? meaning(values()[0]) : convert(option, "")),
  };
}

function optionalFile(option, id) {
  const { element, takeFiles, files } = fileField(id, 1, { testid: `option-${option.name}` });
  return {
    element,
    focus: () => element.querySelector("button").focus(),
    takeFile: (file) => takeFiles([file]),
    isEmpty: () => files().length === 0,
    value: async () => (files().length ? (await api.upload(state.channelId, files()[0])).id : convert(option, "")),
  };
}
