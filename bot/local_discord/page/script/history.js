// The open channel's messages on the screen: reading them, staying at the end, going back.

import * as api from "./api.js";
import { h, morph } from "./dom.js";
import { messageElement, pendingElement } from "./message.js";
import { say } from "./notice.js";
import { dayOf } from "./people.js";
import * as phrase from "./phrases.js";
import * as seen from "./seen.js";
import { apply, newer, pendingCommands, state } from "./state.js";
import { welcome } from "./welcome.js";

const pane = document.getElementById("history");
const list = pane.querySelector(".messages");
const present = document.getElementById("to-present");
const NEAR = 90; // pixels from the end that still count as being there
const PAGE = 50; // messages that one reading brings
let isAtEnd = true;
let hasAll = false;

export function draw() {
  const wanted = list.cloneNode(false);
  let previous = null;
  for (const message of state.messages.values()) {
    const parted = separators(message, previous);
    wanted.append(...parted, messageElement(message, parted.length ? null : previous));
    previous = message;
  }
  wanted.append(...pendingCommands().map(pendingElement));
  morph(list, wanted);
  welcome(hasAll);
  stay();
}

function separators(message, previous) {
  const day = dayOf(message.timestamp);
  const made = [];
  if (previous && day !== dayOf(previous.timestamp)) made.push(h("li", { className: "parting", dataset: { key: `day:${day}` } }, h("span", {}, day)));
  if (previous && message.id === state.firstNew) made.push(h("li", { className: "parting news", dataset: { key: "news", testid: "news" } }, h("span", {}, phrase.newMessages)));
  return made;
}

// Reads whatever comes last, unless the reader has gone up.
function stay() {
  if (isAtEnd) pane.scrollTop = pane.scrollHeight;
  present.hidden = isAtEnd;
  if (isAtEnd && !document.hidden) seen.mark(state.channelId, [...state.messages.keys()].at(-1));
}

export function toEnd() {
  isAtEnd = true;
  stay();
}

export async function open(channelId, messageId) {
  const readTo = seen.readTo(channelId);
  state.firstNew = null;
  state.messages = new Map();
  hasAll = false;
  isAtEnd = !messageId;
  await readNewest(channelId);
  if (state.channelId !== channelId) return;
  setFirstNew(readTo);
  if (messageId) await jump(messageId);
}

function setFirstNew(readTo) {
  const isNew = (message) => newer(message.id, readTo) && message.author.id !== state.around.you.id;
  state.firstNew = [...state.messages.values()].find(isNew)?.id ?? null;
  draw();
}

// What came while the line was down; where it joins what is known, the reader keeps their place.
export async function readNewest(channelId = state.channelId) {
  state.meanwhile = [];
  const { messages, interactions } = await api.readChannel(channelId);
  if (state.channelId !== channelId) return;
  const joins = messages.length > 0 && state.messages.has(messages[0].id);
  const older = joins ? [...state.messages].filter(([id]) => newer(messages[0].id, id)) : [];
  if (!joins) hasAll = messages.length < PAGE;
  state.messages = new Map([...older, ...messages.map((message) => [message.id, message])]);
  state.meanwhile.forEach(apply);
  state.meanwhile = null;
  for (const one of interactions) {
    const known = state.interactions.get(one.id);
    if (!known || known.state === "waiting") state.interactions.set(one.id, one);
  }
  draw();
}

async function readOlder() {
  const [first] = state.messages.keys();
  if (hasAll || !first || readOlder.isReading) return;
  readOlder.isReading = true;
  const { channelId } = state;
  try {
    const { messages } = await api.readChannel(channelId, first);
    if (state.channelId !== channelId) return;
    hasAll = messages.length < PAGE;
    const below = pane.scrollHeight - pane.scrollTop;
    state.messages = new Map([...messages.map((message) => [message.id, message]), ...state.messages]);
    draw();
    if (!isAtEnd) pane.scrollTop = pane.scrollHeight - below;
  } catch (error) {
    say(error.message);
  } finally {
    readOlder.isReading = false;
  }
}

// Goes to a message, reading back as far as it takes.
export async function jump(messageId) {
  let known = -1;
  while (!state.messages.has(messageId) && !hasAll && state.messages.size > known) {
    known = state.messages.size;
    await readOlder();
  }
  const target = document.getElementById(`message-${messageId}`);
  if (!target) return say(phrase.messageIsGone);
  isAtEnd = false;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
  target.classList.add("flash");
  setTimeout(() => target.classList.remove("flash"), 1500);
}

// The arrow keys go from message to message; from the last one, down to the box where one writes.
function step(event) {
  const items = [...list.querySelectorAll("li.message")];
  const at = items.indexOf(document.activeElement);
  if (!items.length || (at < 0 && document.activeElement !== pane)) return;
  let next = null;
  if (event.key === "ArrowUp") next = at < 0 ? items.at(-1) : items[Math.max(0, at - 1)];
  else if (event.key === "ArrowDown" && at >= 0) next = items[at + 1] ?? document.getElementById("entry");
  else if (event.key === "Escape") next = document.getElementById("entry");
  else return;
  event.preventDefault();
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

export function toLastMessage() {
  list.querySelector("li.message:last-of-type")?.focus();
}

export function start() {
  pane.addEventListener("keydown", step);
  let before = 0;
  pane.addEventListener("scroll", () => {
    const isNear = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR;
    // What grows below is not the reader going up.
    if (isNear || pane.scrollTop < before) isAtEnd = isNear;
    before = pane.scrollTop;
    present.hidden = isAtEnd;
    if (pane.scrollTop < 200) readOlder();
  });
  present.addEventListener("click", toEnd);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && state.channelId) setFirstNew(seen.readTo(state.channelId));
  });
  new ResizeObserver(stay).observe(list);
  new ResizeObserver(stay).observe(pane);
}
