// The menu of a message: what the bot's apps can do with it, and the usual.

import * as api from "./api.js";
import { h } from "./dom.js";
import { dismiss, say } from "./history.js";
import { isEphemeral } from "./message.js";
import { claim, state } from "./state.js";

const popup = document.getElementById("popup");
const MESSAGE_MENU = 3;
let opener = null;

// Opens below a button, or where the pointer was.
export function openMenu(where, message) {
  opener = where.from?.closest(".message")?.querySelector("[data-action=more]") ?? where;
  const entries = state.commands.filter((command) => command.type === MESSAGE_MENU);
  popup.replaceChildren(
    ...(entries.length ? [h("h3", {}, "Apps"), ...entries.map((command) => entry(command.name, () => useEntry(command.name, message))), h("hr")] : []),
    entry("Reply", () => document.dispatchEvent(new CustomEvent("reply", { detail: message }))),
    entry("Copy text", () => navigator.clipboard?.writeText(message.content)),
    entry("Copy message ID", () => navigator.clipboard?.writeText(message.id)),
    ...(isEphemeral(message) || message.author.id === state.around.you.id ? [entry("Delete message", () => dismiss(message), "danger")] : []),
  );
  popup.hidden = false;
  const box = where.getBoundingClientRect?.() ?? { left: where.x, bottom: where.y, top: where.y };
  popup.style.left = `${Math.max(8, Math.min(box.left, innerWidth - popup.offsetWidth - 8))}px`;
  const below = box.bottom + popup.offsetHeight + 8 < innerHeight;
  popup.style.top = `${below ? box.bottom + 2 : Math.max(8, box.top - popup.offsetHeight - 2)}px`;
  popup.querySelector("button").focus();
}

function entry(words, chosen, extra = "") {
  const pick = () => {
    closeMenu();
    chosen();
  };
  return h("button", { type: "button", role: "menuitem", className: extra, onclick: pick }, words);
}

async function useEntry(name, message) {
  try {
    const view = await api.useMenu(message.channel_id, name, { message_id: message.id });
    claim(view);
  } catch (error) {
    say(error.message);
  }
}

function closeMenu() {
  popup.hidden = true;
  opener?.focus?.();
}

export function start() {
  document.addEventListener("pointerdown", (event) => {
    if (!popup.hidden && !popup.contains(event.target)) popup.hidden = true;
  });
  popup.addEventListener("keydown", (event) => {
    const all = [...popup.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    if (event.key === "Escape" || event.key === "Tab") closeMenu();
    else if (event.key === "ArrowDown") all[(at + 1) % all.length].focus();
    else if (event.key === "ArrowUp") all[(at - 1 + all.length) % all.length].focus();
    else return;
    event.preventDefault();
  });
}
