// Where the page begins: it looks around, opens a channel, and listens.

import * as api from "./api.js";
import * as composer from "./composer.js";
import * as frame from "./frame.js";
import * as history from "./history.js";
import * as menu from "./menu.js";
import { openModal } from "./modal.js";
import { keepTimes } from "./people.js";
import { apply, channels, state } from "./state.js";

async function open(channelId) {
  state.channelId = channelId;
  state.unread.delete(channelId);
  location.hash = channelId;
  frame.closeSide();
  frame.draw(open, openDm);
  composer.draw();
  await readCommands();
  await history.open(channelId);
  history.toEnd();
}

async function openDm() {
  const { id } = await api.openDm();
  state.around = await api.lookAround();
  await open(id);
}

async function readCommands() {
  const { channelId } = state;
  const commands = await api.listCommands(channelId);
  if (state.channelId === channelId) state.commands = commands;
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
  if (event.message.channel_id !== state.channelId) return;
  state.meanwhile?.push(event);
  apply(event);
  draw();
}

const HEARD = {
  // The line is open, at first or again after a gap: only now can nothing be missed.
  HELLO: async () => {
    state.around = await api.lookAround();
    const wanted = state.channelId ?? location.hash.slice(1);
    await open(channels().some((one) => one.id === wanted) ? wanted : channels()[0].id);
    early.splice(0).forEach(hear);
    document.documentElement.dataset.ready = "true";
  },
  MESSAGE_CREATE: (event) => {
    const { message } = event;
    if (message.channel_id === state.channelId) {
      hearMessage(event);
    } else if (channels().some((one) => one.id === message.channel_id)) {
      state.unread.add(message.channel_id);
      frame.draw(open, openDm);
    }
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
    history.welcome();
  },
  PRESENCE: ({ bot_is_online }) => {
    state.around.bot_is_online = bot_is_online;
    frame.presence();
  },
};

const early = []; // heard before there was a channel to show it in
function hear(event) {
  if (event.type !== "HELLO" && !state.channelId) early.push(event);
  else HEARD[event.type]?.(event);
}

let wasConnected = true;
function connected(isConnected) {
  if (!isConnected && wasConnected) history.say("The local Discord does not answer. Trying again…");
  wasConnected = isConnected;
}

frame.start();
menu.start();
history.start();
composer.start();
keepTimes();
document.addEventListener("modal", (event) => openModal(event.detail));
api.listen(hear, connected);
