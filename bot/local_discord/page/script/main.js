// Where the page begins: it looks around, opens a channel, and listens.

import * as api from "./api.js";
import * as composer from "./composer.js";
import * as frame from "./frame.js";
import * as history from "./history.js";
import * as menu from "./menu.js";
import { openModal } from "./modal.js";
import { keepTimes } from "./people.js";
import { channels, state } from "./state.js";

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

const HEARD = {
  // The line is open: whatever happened before it was, and in any gap, is read now.
  HELLO: async () => {
    state.around = await api.lookAround();
    if (!channels().some((one) => one.id === state.channelId)) return open(channels()[0].id);
    frame.draw(open, openDm);
    await readCommands();
    return history.open(state.channelId);
  },
  MESSAGE_CREATE: ({ message }) => {
    if (message.channel_id === state.channelId) {
      state.messages.set(message.id, message);
      draw();
    } else if (channels().some((one) => one.id === message.channel_id)) {
      state.unread.add(message.channel_id);
      frame.draw(open, openDm);
    }
  },
  MESSAGE_UPDATE: ({ message }) => {
    if (!state.messages.has(message.id)) return;
    state.messages.set(message.id, message);
    draw();
  },
  MESSAGE_DELETE: ({ message }) => {
    state.messages.delete(message.id);
    draw();
  },
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
state.around = await api.lookAround();
const wanted = location.hash.slice(1);
await open(channels().some((one) => one.id === wanted) ? wanted : channels()[0].id);
api.listen((event) => HEARD[event.type]?.(event), connected);
document.documentElement.dataset.ready = "true";
