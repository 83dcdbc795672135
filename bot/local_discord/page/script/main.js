// Where the page begins: it looks around, opens a channel, and listens.

import * as address from "./address.js";
import * as api from "./api.js";
import * as composer from "./composer.js";
import * as crowd from "./crowd.js";
import * as deeds from "./deeds.js";
import * as frame from "./frame.js";
import * as history from "./history.js";
import * as menu from "./menu.js";
import { summary } from "./message.js";
import { openModal } from "./modal.js";
import { hush, say, speak } from "./notice.js";
import { keepTimes } from "./people.js";
import * as phrase from "./phrases.js";
import * as places from "./places.js";
import * as seen from "./seen.js";
import { apply, channel, nameOf, state } from "./state.js";

const LOADING = 1 << 7;

async function open(channelId, messageId) {
  state.channelId = channelId;
  address.write(channelId, messageId);
  frame.closeSide();
  composer.draw();
  await readCommands();
  await history.open(channelId, messageId);
  frame.draw();
  if (!messageId) composer.focus();
}

async function go({ channelId, messageId }) {
  if (!channel(channelId)) return say(phrase.placeIsGone);
  if (channelId !== state.channelId) return open(channelId, messageId || undefined);
  address.write(channelId, messageId);
  return messageId ? history.jump(messageId) : history.toEnd();
}

async function openDm(userId) {
  const { id } = await api.openDm(userId);
  await lookAround();
  await open(id);
}

async function lookAround() {
  state.around = await api.lookAround();
  seen.begin();
}

function begin() {
  const server = state.around.guilds.find((one) => one.channels.length);
  return server ? open(server.channels[0].id) : openDm();
}

let numReads = 0; // of commands: an answer that comes after a newer one was asked for is old
async function readCommands() {
  const { channelId } = state;
  const number = ++numReads;
  const commands = await api.listCommands(channelId);
  if (state.channelId !== channelId || number !== numReads) return;
  state.commands = commands;
  composer.offerAgain();
}

// Something about servers, channels or people is other than it was.
async function lookAgain() {
  await lookAround();
  if (!channel()) await begin();
  await readCommands();
  frame.draw();
  composer.draw();
  history.draw();
}

// Draws once for all that happened within one frame.
let isDue = false;
function draw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    history.draw();
  });
}

function hearMessage(event) {
  const { message } = event;
  if (message.channel_id !== state.channelId) return;
  const before = state.messages.get(message.id);
  state.meanwhile?.push(event);
  apply(event);
  draw();
  if (event.type !== "MESSAGE_DELETE") tellOf(message, before);
}

// What is new to hear: a message, an answer that was awaited, other pictures; not each step of progress.
function tellOf(message, before) {
  const wasAwaited = before && before.flags & LOADING && !(message.flags & LOADING);
  const hasMore = before && before.attachments.length !== message.attachments.length;
  if (message.author.id !== state.around.you.id && (!before || wasAwaited || hasMore)) speak(phrase.said(nameOf(message.author), summary(message)));
}

const HEARD = {
  // The line is open, at first or again after a gap: only now can nothing be missed.
  HELLO: async () => {
    await lookAround();
    if (state.channelId && channel()) {
      await history.readNewest();
      await lookAgain();
    } else {
      const wanted = address.read();
      if (channel(wanted.channelId)) await open(wanted.channelId, wanted.messageId);
      else await begin();
      early.splice(0).forEach(hear);
    }
    document.documentElement.dataset.ready = "true";
  },
  MESSAGE_CREATE: async (event) => {
    const { message } = event;
    if (!channel(message.channel_id)) await lookAround();
    const place = channel(message.channel_id);
    if (place) place.last_message_id = message.id;
    hearMessage(event);
    if (message.channel_id !== state.channelId) frame.draw();
  },
  MESSAGE_UPDATE: hearMessage,
  MESSAGE_DELETE: hearMessage,
  INTERACTION: ({ interaction }) => {
    state.interactions.set(interaction.id, interaction);
    if (interaction.modal && state.mine.has(interaction.id)) openModal(interaction);
    draw();
  },
  COMMANDS: async () => {
    await readCommands();
    history.draw();
  },
  PRESENCE: ({ bot_is_online }) => {
    state.around.bot_is_online = bot_is_online;
    frame.presence();
  },
  WORLD: lookAgain,
  CLOSED: () => {},
};

const early = []; // heard before there was a channel to show it in
function hear(event) {
  if (event.type !== "HELLO" && !state.channelId) early.push(event);
  else HEARD[event.type]?.(event);
}

let wasConnected = true;
function connected(isConnected) {
  if (!isConnected && wasConnected) say(phrase.lineIsDown, { stays: true });
  if (isConnected && !wasConnected) hush();
  wasConnected = isConnected;
}

frame.start();
places.start(open, () => openDm());
crowd.start();
menu.start();
history.start();
deeds.start();
composer.start();
keepTimes();
document.addEventListener("modal", (event) => openModal(event.detail));
document.addEventListener("go", (event) => go(event.detail));
document.addEventListener("dm", (event) => openDm(event.detail.id));
document.addEventListener("world", async (event) => {
  await lookAgain();
  if (event.detail?.then) await open(event.detail.then);
});
addEventListener("popstate", () => address.read().channelId && go(address.read()));
api.listen(hear, connected);
