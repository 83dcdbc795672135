// How far the person has read in each channel; it outlives the page.

import { PERSON } from "./api.js";
import { channels, newer, state } from "./state.js";

const KEY = `read:${PERSON}`;
const read = JSON.parse(localStorage.getItem(KEY) ?? "{}");

const keep = () => localStorage.setItem(KEY, JSON.stringify(read));

// What was there before the first visit does not count as news.
export function begin() {
  for (const one of channels()) read[one.id] ??= one.last_message_id ?? "0";
  keep();
}

export const readTo = (channelId) => read[channelId] ?? "0";

export function isUnread(one) {
  return one.id !== state.channelId && Boolean(one.last_message_id) && newer(one.last_message_id, readTo(one.id));
}

export function mark(channelId, messageId) {
  if (!messageId || !newer(messageId, readTo(channelId))) return;
  read[channelId] = messageId;
  keep();
}
