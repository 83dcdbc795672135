// The frame around the conversation: its head, theme, drawers, and whether the bot is there.

import * as crowd from "./crowd.js";
import { icon } from "./icons.js";
import { offerForPlace } from "./offers.js";
import * as phrase from "./phrases.js";
import * as places from "./places.js";
import { isUnread } from "./seen.js";
import { channel, channelName, channels, guild, isThread, nameOf, state } from "./state.js";

const frame = document.getElementById("frame");
const menu = document.getElementById("menu");
const more = document.getElementById("place-more");
const theme = document.getElementById("theme");
const THEMES = { auto: "halves", light: "sun", dark: "moon" }; // and the icon of each
const find = (testid) => document.querySelector(`[data-testid=${testid}]`);

export function draw() {
  const here = channel();
  const server = guild();
  const sign = isThread(here) ? "" : here.name ? "#" : "@";
  const hasNews = channels().some(isUnread);
  document.title = phrase.titleOf(`${sign}${channelName(here)}`, server?.name, hasNews);
  find("server-name").textContent = server?.name ?? phrase.privateMessages;
  find("channel-name").textContent = `${sign} ${channelName(here)}`.trim();
  find("topic").textContent = isThread(here) ? phrase.threadIn(channel(here.parent_id)?.name) : here.topic ?? "";
  menu.classList.toggle("unread", hasNews);
  places.draw();
  crowd.draw();
  presence();
}

export function presence() {
  const mark = find("presence");
  const isOnline = state.around.bot_is_online;
  mark.textContent = phrase.presence(nameOf(state.around.bot), isOnline);
  mark.title = mark.textContent;
  mark.classList.toggle("online", isOnline);
}

export function closeSide() {
  frame.classList.remove("open");
  menu.setAttribute("aria-expanded", "false");
}

function dress(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.replaceChildren(icon(THEMES[name]));
  theme.setAttribute("aria-label", phrase.themes[name]);
  theme.title = phrase.themes[name];
}

export function start() {
  menu.append(icon("menu"));
  more.append(icon("dots"));
  more.addEventListener("click", () => offerForPlace(more));
  menu.addEventListener("click", () => {
    const isOpen = frame.classList.toggle("open");
    menu.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) document.querySelector(".channels [aria-current=true]")?.focus();
  });
  document.getElementById("veil").addEventListener("click", closeSide);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !frame.classList.contains("open")) return;
    closeSide();
    menu.focus();
  });
  let current = localStorage.getItem("theme") ?? "auto";
  if (!(current in THEMES)) current = "auto";
  dress(current);
  theme.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    current = names[(names.indexOf(current) + 1) % names.length];
    localStorage.setItem("theme", current);
    dress(current);
  });
}
