// People and channels offered while one types @ or #; what stands for them is put in when the message is sent.

import { h } from "./dom.js";
import { Listbox } from "./listbox.js";
import { optionsOf } from "./options.js";
import { avatar } from "./people.js";
import * as phrase from "./phrases.js";

const USERS = { type: 5 }, PLACES = { type: 8 };
const TYPED = /(^|\s)([@#])([\w.'-]{0,32})$/;
const MOST = 8;
const meant = new Map(); // as it stands in the box → as it is sent

export class Names extends Listbox {
  constructor(entry) {
    super(entry, { className: "picker", label: phrase.names, testid: "names", chosen: (option) => this.putIn(option), render: nameElement });
  }

  offer() {
    const found = this.input.value.slice(0, this.input.selectionStart).match(TYPED);
    if (!found) return this.hide();
    const [, , sign, typed] = found;
    const bare = (option) => option.label.replace(/^#/, "");
    const fitting = optionsOf(sign === "@" ? USERS : PLACES).filter((option) => bare(option).toLowerCase().startsWith(typed.toLowerCase()));
    return fitting.length ? this.show(fitting.slice(0, MOST)) : this.hide();
  }

  putIn(option) {
    const { input } = this;
    const before = input.value.slice(0, input.selectionStart);
    const from = before.length - before.match(TYPED)[3].length - 1;
    const shown = option.user ? `@${option.label}` : option.label;
    meant.set(shown, option.user ? `<@${option.value}>` : `<#${option.value}>`);
    input.setRangeText(`${shown} `, from, input.selectionStart, "end");
  }
}

function nameElement(option) {
  return h("span", { className: "named" }, option.user ? avatar(option.user, "tiny") : null, h("b", {}, option.label), option.description ? h("small", {}, option.description) : null);
}

// A text with every name that was picked in the form that Discord knows.
export function named(text) {
  const longestFirst = [...meant].sort(([one], [other]) => other.length - one.length);
  return longestFirst.reduce((words, [shown, sent]) => words.replaceAll(shown, sent), text);
}
