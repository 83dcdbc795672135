// What people do to the messages before them: press, choose, enlarge, answer, ask for a menu.

import * as address from "./address.js";
import * as api from "./api.js";
import { choose } from "./chooser.js";
import { draw, jump } from "./history.js";
import { enlarge } from "./lightbox.js";
import { say } from "./notice.js";
import { dismiss, offerForMessage, offerForPerson, offerReactions, react } from "./offers.js";
import { claim, state, userById } from "./state.js";
import { onLongTouch } from "./touch.js";

const pane = document.getElementById("history");
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const messageOf = (element) => state.messages.get(element.closest(".message")?.dataset.message);

async function use(element, values) {
  const message = messageOf(element);
  const { customId } = element.dataset;
  if (values) state.chosen.set(`${message.id}:${customId}`, values);
  try {
    claim(await api.press(message.channel_id, message.id, customId, values));
  } catch (error) {
    state.chosen.delete(`${message.id}:${customId}`);
    say(error.message);
  }
  draw();
}

function* everyComponent(blocks) {
  for (const block of blocks) {
    yield block;
    yield* everyComponent(block.components ?? []);
    if (block.accessory) yield block.accessory;
  }
}

function openSelect(button) {
  const message = messageOf(button);
  const block = [...everyComponent(message.components)].find((one) => one.custom_id === button.dataset.customId);
  choose(button, block, state.chosen.get(`${message.id}:${block.custom_id}`), (values) => use(button, values));
}

const ACTIONS = {
  press: (button) => button.getAttribute("aria-busy") !== "true" && use(button),
  choose: openSelect,
  enlarge: (button) => (button.matches(".covered:not(.shown)") ? button.classList.add("shown") : enlarge(button)),
  reveal: (button) => button.classList.add("shown"),
  uncover: (button) => button.parentElement.classList.add("shown"),
  reply: (button) => tell("reply", messageOf(button)),
  more: (button) => offerForMessage(button, messageOf(button)),
  person: (element) => offerForPerson(element, userById(element.dataset.user) ?? messageOf(element).author),
  place: (element) => tell("go", { channelId: element.dataset.channel, messageId: element.dataset.target }),
  command: (element) => tell("command", { path: element.dataset.command }),
  begin: (button) => tell("command", { path: button.dataset.command, values: JSON.parse(button.dataset.values) }),
  dismiss: (button) => dismiss(messageOf(button)),
  "dismiss-pending": (button) => {
    state.dismissed.add(button.closest("[data-interaction]").dataset.interaction);
    draw();
  },
  react: (button) => react(messageOf(button), button.dataset.emoji, button.getAttribute("aria-pressed") !== "true"),
  "offer-reactions": (button) => offerReactions(button, messageOf(button)),
  jump: (button) => jump(button.dataset.target),
};

function followLink(event) {
  const place = address.inside(event.target.closest("a")?.href ?? "");
  if (!place || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  tell("go", place);
}

function offerMenu(where, target) {
  const user = target.closest("[data-user]")?.dataset.user;
  const message = messageOf(target);
  if (user && userById(user)) offerForPerson(where, userById(user));
  else if (message) offerForMessage(where, message, target);
  return Boolean(user || message);
}

function onContextMenu(event) {
  if (String(getSelection()) || event.shiftKey) return; // the browser's own menu, for what is marked
  const from = event.target.closest(".message, [data-user]");
  const box = event.target.getBoundingClientRect();
  const isByKey = event.pointerType === "" || (event.clientX === 0 && event.clientY === 0);
  const at = isByKey ? { x: box.left + 40, y: box.top + Math.min(40, box.height) } : { x: event.clientX, y: event.clientY };
  if (offerMenu({ ...at, from }, event.target)) event.preventDefault();
}

export function start() {
  pane.addEventListener("click", (event) => {
    const target = event.target.closest("[data-action]");
    if (target) ACTIONS[target.dataset.action](target);
    else followLink(event);
  });
  pane.addEventListener("keydown", (event) => {
    const { target, key } = event;
    const isMention = target.matches(".mention.active") && (key === "Enter" || key === " ");
    if (target.matches("li.message") && key === "Enter") offerForMessage(target, messageOf(target));
    else if (target.matches(".select") && key === "ArrowDown") openSelect(target);
    else if (isMention) target.click();
    else return;
    event.preventDefault(); // what comes up now must not be pressed by the same key
  });
  const members = document.getElementById("members");
  for (const place of [pane, members]) {
    place.addEventListener("contextmenu", onContextMenu);
    onLongTouch(place, (target, at) => offerMenu({ ...at, from: target.closest(".message, [data-user]") }, target));
  }
  members.addEventListener("click", (event) => {
    const row = event.target.closest("[data-user]");
    if (row) offerForPerson(row, userById(row.dataset.user));
  });
}
