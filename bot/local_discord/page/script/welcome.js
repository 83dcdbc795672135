// What stands where a channel begins: what it is for, and what a newcomer does first.

import { h, morph } from "./dom.js";
import * as phrase from "./phrases.js";
import { channel, channelName, isThread, nameOf, state } from "./state.js";

const SLASH = 1;
const box = document.querySelector(".welcome");

export function welcome(hasAll) {
  const wanted = box.cloneNode(false);
  wanted.append(...(hasAll ? beginning() : [h("p", {}, phrase.olderMessages)]));
  morph(box, wanted);
}

function beginning() {
  const one = channel();
  const title = isThread(one) ? one.name : one.name ? phrase.welcomeTo(one.name) : channelName(one);
  const about = isThread(one) ? phrase.threadBegins : one.topic || (one.name ? phrase.channelBegins : phrase.onlyTheTwo);
  return [h("img", { src: "/page/flame.svg", alt: "" }), h("h3", {}, title), h("p", {}, about), ...firstSteps()];
}

function firstSteps() {
  const names = new Set(state.commands.filter((command) => command.type === SLASH).map((command) => command.name));
  if (!names.size) {
    return [h("p", { className: "hint", dataset: { testid: "no-commands" } }, phrase.noCommandsYet(nameOf(state.around.bot)))];
  }
  if (!names.has("imagine")) return [];
  return [
    h("p", { className: "hint" }, phrase.beginWith(h("kbd", {}, "/imagine"))),
    h(
      "div",
      { className: "examples" },
      phrase.examples.map((words) => chip(words, "imagine", { prompt: words }, "example")),
      names.has("train") ? chip(phrase.teachSomething, "train start", {}, "try-train") : null,
      names.has("help") ? chip(phrase.whatElse, "help", {}, "try-help") : null,
    ),
  ];
}

function chip(words, command, values, testid) {
  return h("button", { type: "button", className: "chip", dataset: { action: "begin", command, values: JSON.stringify(values), testid } }, words);
}
