// What stands where a channel begins: what it is for, and what a newcomer does first.

import { h, morph } from "./dom.js";
import { channel, channelName, isThread, nameOf, state } from "./state.js";

const SLASH = 1;
const EXAMPLES = ["a large red circle on a blue background", "a small yellow star in the top left of a black background", "a green triangle on a white background"];
const box = document.querySelector(".welcome");

export function welcome(hasAll) {
  const wanted = box.cloneNode(false);
  wanted.append(...(hasAll ? beginning() : [h("p", {}, "Reading what was said before…")]));
  morph(box, wanted);
}

function beginning() {
  const one = channel();
  const title = isThread(one) ? one.name : one.name ? `Welcome to #${one.name}` : channelName(one);
  const about = isThread(one) ? "This is where the thread begins." : one.topic || (one.name ? "This is where the channel begins." : "Only the two of you read this.");
  return [h("img", { src: "/page/flame.svg", alt: "" }), h("h3", {}, title), h("p", {}, about), ...firstSteps()];
}

function firstSteps() {
  const names = new Set(state.commands.filter((command) => command.type === SLASH).map((command) => command.name));
  if (!names.size) {
    return [h("p", { className: "hint", dataset: { testid: "no-commands" } }, `${nameOf(state.around.bot)} offers no commands yet. They appear here as soon as the bot is running.`)];
  }
  if (!names.has("imagine")) return [];
  return [
    h("p", { className: "hint" }, "Type ", h("kbd", {}, "/imagine"), " below and say what you want to see, or begin with one of these:"),
    h(
      "div",
      { className: "examples" },
      EXAMPLES.map((words) => chip(words, "imagine", { prompt: words }, "example")),
      names.has("help") ? chip("What else can I do?", "help", {}, "try-help") : null,
    ),
  ];
}

function chip(words, command, values, testid) {
  return h("button", { type: "button", className: "chip", dataset: { action: "begin", command, values: JSON.stringify(values), testid } }, words);
}
