// Where one is, as the address says it: #/server/channel/message.

import { channel, state } from "./state.js";

const OWN = "@me"; // stands for the server in the address of a private conversation

export function read(hash = location.hash) {
  const [, , channelId, messageId] = decodeURIComponent(hash).split("/");
  return { channelId, messageId };
}

export function of(channelId, messageId = "") {
  const server = channel(channelId)?.guild_id ?? OWN;
  return `#/${server}/${channelId}${messageId && `/${messageId}`}`;
}

// The whole link, as one gives it to somebody else: it names no person.
export const link = (channelId, messageId) => `${location.origin}/${of(channelId, messageId)}`;

// A new place is a new step back; to say where one is already, the step is replaced.
export function write(channelId, messageId) {
  const wanted = of(channelId, messageId);
  if (wanted === location.hash) return;
  const isNew = read().channelId && read().channelId !== channelId;
  history[isNew ? "pushState" : "replaceState"](null, "", wanted);
}

// What a link of Discord's own, or of this page, leads to here; nothing if it leads elsewhere.
export function inside(url) {
  const found = url.match(/^https?:\/\/[^/]+\/(?:channels|#)\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?$/);
  return found && channel(found[1]) ? { channelId: found[1], messageId: found[2] } : null;
}

export function ofPerson(name) {
  return `?person=${encodeURIComponent(name)}${of(state.channelId)}`;
}
