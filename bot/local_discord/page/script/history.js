// The open channel's messages on the screen, and what is done to them there.

import * as api from "./api.js";
import { h, morph } from "./dom.js";
import { openMenu } from "./menu.js";
import { messageElement, pendingElement } from "./message.js";
import { enlarge } from "./pictures.js";
import { apply, channel, channelName, claim, pendingCommands, state } from "./state.js";

const pane = document.getElementById("history");
const list = pane.querySelector(".messages");
const present = document.getElementById("to-present");
const NEAR = 90; // pixels from the end that still count as being there
let isAtEnd = true;
let hasAll = false;

export function draw() {
  const wanted = h("ol", {});
  let previous = null;
  for (const message of state.messages.values()) {
    wanted.append(messageElement(message, previous));
    previous = message;
  }
  wanted.append(...pendingCommands().map(pendingElement));
  for (const { name, value } of list.attributes) wanted.setAttribute(name, value);
  for (const [key, value] of Object.entries(list.dataset)) wanted.dataset[key] = value;
  morph(list, wanted);
  stay();
}

// Reads whatever comes last, unless the reader has gone up.
function stay() {
  if (isAtEnd) pane.scrollTop = pane.scrollHeight;
  present.hidden = isAtEnd;
}

export function toEnd() {
  isAtEnd = true;
  stay();
}

export async function open(channelId) {
  state.meanwhile = [];
  const { messages, interactions } = await api.readChannel(channelId);
  if (state.channelId !== channelId) return;
  state.messages = new Map(messages.map((message) => [message.id, message]));
  state.meanwhile.forEach(apply);
  state.meanwhile = null;
  for (const one of interactions) {
    const known = state.interactions.get(one.id);
    if (!known || known.state === "waiting") state.interactions.set(one.id, one);
  }
  hasAll = messages.length < 50;
  welcome();
  draw();
}

async function older() {
  const [first] = state.messages.keys();
  if (hasAll || !first || older.isReading) return;
  older.isReading = true;
  const channelId = state.channelId;
  try {
    const { messages } = await api.readChannel(channelId, first);
    if (state.channelId !== channelId) return;
    hasAll = messages.length < 50;
    const below = pane.scrollHeight - pane.scrollTop;
    state.messages = new Map([...messages.map((message) => [message.id, message]), ...state.messages]);
    welcome();
    draw();
    pane.scrollTop = pane.scrollHeight - below;
  } finally {
    older.isReading = false;
  }
}

function welcome() {
  const box = document.querySelector(".welcome");
  const one = channel();
  const imagine = state.commands.find((command) => command.type === 1 && command.name === "imagine");
  box.replaceChildren(
    ...(hasAll
      ? [
          h("img", { src: "/page/flame.svg", alt: "" }),
          h("h3", {}, one.name ? `Welcome to #${one.name}` : channelName(one)),
          h("p", {}, one.topic || "This is where the conversation begins."),
          imagine && h("button", { type: "button", className: "button primary", dataset: { action: "try", testid: "try" } }, "Try /imagine"),
        ].filter(Boolean)
      : [h("p", {}, "Scroll up for what was said before.")]),
  );
}

export { welcome };

const messageOf = (element) => state.messages.get(element.closest(".message")?.dataset.message);

async function use(element, values) {
  const message = messageOf(element);
  const customId = element.closest("[data-custom-id]").dataset.customId;
  try {
    const view = await api.press(message.channel_id, message.id, customId, values);
    claim(view);
  } catch (error) {
    say(error.message);
  }
}

export function say(sentence) {
  const banner = document.getElementById("banner");
  banner.textContent = sentence;
  banner.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (banner.hidden = true), 6000);
}

export async function dismiss(message) {
  try {
    await api.dismiss(message.channel_id, message.id);
  } catch (error) {
    say(error.message);
  }
}

const ACTIONS = {
  press: (button) => button.getAttribute("aria-busy") !== "true" && use(button),
  "choose-many": (button) => {
    const fold = button.closest("details");
    fold.open = false;
    use(button, [...fold.querySelectorAll("input:checked")].map((box) => box.value));
  },
  enlarge: (button) => (button.classList.contains("covered") ? button.classList.remove("covered") : enlarge(button)),
  reveal: (button) => button.classList.add("shown"),
  reply: (button) => document.dispatchEvent(new CustomEvent("reply", { detail: messageOf(button) })),
  more: (button) => openMenu(button, messageOf(button)),
  dismiss: (button) => dismiss(messageOf(button)),
  "dismiss-pending": (button) => {
    state.dismissed.add(button.closest("[data-interaction]").dataset.interaction);
    draw();
  },
  jump: (button) => {
    const target = document.getElementById(`message-${button.dataset.target}`);
    target?.scrollIntoView({ block: "center", behavior: "smooth" });
    target?.classList.add("flash");
    setTimeout(() => target?.classList.remove("flash"), 1500);
  },
  try: () => document.dispatchEvent(new CustomEvent("command", { detail: "imagine" })),
};

export function start() {
  pane.addEventListener("click", (event) => {
    const target = event.target.closest("[data-action]");
    if (target) ACTIONS[target.dataset.action]?.(target);
  });
  pane.addEventListener("change", (event) => {
    const target = event.target;
    if (target.dataset.action === "choose" && target.value) use(target, [target.value]);
  });
  pane.addEventListener("contextmenu", (event) => {
    const message = messageOf(event.target);
    if (!message || event.target.closest("a, img") || String(getSelection())) return;
    event.preventDefault();
    openMenu({ x: event.clientX, y: event.clientY, from: event.target }, message);
  });
  pane.addEventListener("scroll", () => {
    isAtEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR;
    present.hidden = isAtEnd;
    if (pane.scrollTop < 200) older();
  });
  present.addEventListener("click", toEnd);
  new ResizeObserver(stay).observe(list);
  new ResizeObserver(stay).observe(pane);
}
