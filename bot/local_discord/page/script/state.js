// What the page knows: the world around the person, the open channel, and what is under way.

import * as phrase from "./phrases.js";

export const state = {
  around: null, // as look_around gives it
  channelId: null,
  messages: new Map(), // of the open channel, by id, oldest first
  interactions: new Map(), // the person's own, by id
  mine: new Set(), // ids of interactions begun in this tab
  dismissed: new Set(), // failed commands taken off the screen
  chosen: new Map(), // what was chosen in a select, until its message changes
  firstNew: null, // the message from which on the person had not read when they came
  commands: [],
  replyTo: null,
  meanwhile: null, // events heard while the channel is being read, to be applied over it
};

const THREADS = new Set([10, 11, 12]);
export const isThread = (one) => THREADS.has(one?.type);

// Takes an interaction for this tab's own. Its modal may have come before the answer that names it.
export function claim(view) {
  state.mine.add(view.id);
  const known = state.interactions.get(view.id);
  if (known?.modal) document.dispatchEvent(new CustomEvent("modal", { detail: known }));
}

export const placesOf = (guild) => [...guild.channels, ...(guild.threads ?? [])];

export function channels() {
  return [...state.around.guilds.flatMap(placesOf), ...state.around.dms];
}

export const channel = (id = state.channelId) => channels().find((one) => one.id === id);
export const guild = () => state.around.guilds.find((one) => one.id === channel()?.guild_id);

export function channelName(one) {
  return one.name ?? one.recipients?.map(nameOf).join(", ") ?? "";
}

export const nameOf = (user) => user.global_name ?? (user.id === state.around.bot.id ? "Athanor" : user.username);

export function userById(id) {
  const members = state.around.guilds.flatMap((one) => one.members.map((member) => member.user));
  return [...state.around.people, state.around.bot, ...members].find((user) => user.id === id);
}

// The names of what a person is in a server, the highest role first.
export function rolesOf(userId, server = guild()) {
  const member = server?.members.find((one) => one.user.id === userId);
  if (!member) return [];
  const roles = server.roles.filter((role) => member.roles.includes(role.id) && !role.managed).sort((one, other) => other.position - one.position);
  return [...(server.owner_id === userId ? [phrase.owner] : []), ...roles.map((role) => role.name)];
}

// The colour of the highest role that has one; 0 is none.
export function topColour(userId, server = guild()) {
  const member = server?.members.find((one) => one.user.id === userId);
  const coloured = server?.roles.filter((role) => role.color && member?.roles.includes(role.id)) ?? [];
  return coloured.sort((one, other) => other.position - one.position)[0]?.color ?? 0;
}

const REACT = 1n << 6n, SEND = 1n << 11n, MANAGE_MESSAGES = 1n << 13n, START_THREADS = 1n << 35n, SEND_IN_THREADS = 1n << 38n, PIN = 1n << 51n;

// What the person at this page may do in a channel; in a private conversation there is nothing to allow.
const allows = (one, bit) => !one?.permissions || (BigInt(one.permissions) & bit) !== 0n;
export const mayModerate = () => Boolean(guild()) && allows(channel(), MANAGE_MESSAGES);
export const mayReact = () => allows(channel(), REACT);
export const mayPin = () => allows(channel(), PIN);
export const mayWrite = () => allows(channel(), isThread(channel()) ? SEND_IN_THREADS : SEND);
export const mayStartThreads = (one = channel()) => Boolean(one?.guild_id) && !isThread(one) && allows(one, START_THREADS);

export function newer(one, other) {
  return BigInt(one) > BigInt(other);
}

// The latest thing the person did with a message's components, and whether it came to nothing.
export function lastUse(messageId) {
  let last = null;
  for (const one of state.interactions.values()) {
    if (one.kind === "component" && one.source_id === messageId && (!last || newer(one.id, last.id))) last = one;
  }
  return last;
}

// Whether a message still says "thinking" although its time is over.
export function neverAnswered(messageId) {
  return [...state.interactions.values()].some((one) => one.response_message_id === messageId && one.state === "failed");
}

// Takes a message's event into the open channel.
export function apply({ type, message }) {
  if (type === "MESSAGE_DELETE") state.messages.delete(message.id);
  else if (type === "MESSAGE_CREATE" || state.messages.has(message.id)) state.messages.set(message.id, message);
  for (const key of state.chosen.keys()) if (key.startsWith(`${message.id}:`)) state.chosen.delete(key);
}

// Commands that have led to no message: on their way, or failed.
export function pendingCommands() {
  return [...state.interactions.values()].filter(
    (one) =>
      one.kind !== "component" && !one.response_message_id && one.channel_id === state.channelId &&
      (one.state === "waiting" || one.state === "failed") && !state.dismissed.has(one.id) && !one.source_id,
  );
}
