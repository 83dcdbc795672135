// Emojis: characters, or pictures that a server or the bot has made; and the reactions they are.

import { h } from "./dom.js";
import * as phrase from "./phrases.js";
import { guild } from "./state.js";

export const USUAL = ["👍", "❤️", "🔥", "⭐", "😂", "😮", "🎨", "👀"];

export const emojiImage = ({ id, name }) => h("img", { className: "emoji", src: `/cdn/emojis/${id}.png`, alt: `:${name ?? id}:`, title: `:${name ?? id}:`, draggable: "false" });

// An emoji beside words that say the same, as on a button.
export function emojiFace(emoji) {
  if (!emoji) return null;
  return h("span", { className: "emoji", "aria-hidden": "true" }, emoji.id ? emojiImage(emoji) : emoji.name);
}

// What may be put under a message here: the usual ones, and the server's own.
export const offered = () => [...USUAL.map((name) => ({ id: null, name })), ...(guild()?.emojis ?? [])];

// How the control API calls an emoji, and a page finds it again.
export const keyOf = (emoji) => (emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);

export function reactions(message) {
  if (!message.reactions?.length) return null;
  return h("div", { className: "reactions", dataset: { key: "reactions", testid: "reactions" } }, message.reactions.map(reaction));
}

function reaction({ emoji, count, me }) {
  const key = keyOf(emoji);
  return h(
    "button",
    {
      type: "button", className: me ? "reaction own" : "reaction", "aria-pressed": String(me), "aria-label": phrase.reactedWith(emoji.name ?? "", count, me),
      dataset: { key: `reaction:${key}`, action: "react", emoji: key, testid: "reaction" },
    },
    emojiFace(emoji), h("span", {}, String(count)),
  );
}
