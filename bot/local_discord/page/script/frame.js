// The frame around the conversation: servers, channels, theme, and whether the bot is there.

import { h, icon } from "./dom.js";
import { avatar } from "./people.js";
import { channel, channelName, guild, nameOf, state } from "./state.js";

const frame = document.getElementById("frame");
const menu = document.getElementById("menu");
const theme = document.getElementById("theme");
const THEMES = { auto: ["halves", "Theme: as the system"], light: ["sun", "Theme: light"], dark: ["moon", "Theme: dark"] };

export function draw(open, openDm) {
  const here = channel();
  const server = guild();
  document.title = `${here.name ? `#${here.name}` : channelName(here)} · ${server?.name ?? "Messages"}`;
  document.querySelector("[data-testid=server-name]").textContent = server?.name ?? "Messages";
  document.querySelector("[data-testid=channel-name]").textContent = here.name ? `# ${here.name}` : `@ ${channelName(here)}`;
  document.querySelector("[data-testid=topic]").textContent = here.topic ?? "";
  rail(server, open, openDm);
  const list = server ? server.channels : state.around.dms;
  document.querySelector(".channels").replaceChildren(
    h("h3", {}, server ? "Channels" : "Conversations"),
    ...list.map((one) =>
      h(
        "button",
        { type: "button", className: state.unread.has(one.id) ? "unread" : "", "aria-current": String(one.id === here.id), onclick: () => open(one.id), dataset: { testid: `channel-${channelName(one)}` } },
        h("span", { className: "hash", "aria-hidden": "true" }, one.name ? "#" : "@"),
        channelName(one),
      ),
    ),
  );
  const { you } = state.around;
  document.querySelector(".self").replaceChildren(avatar(you, "small"), h("span", {}, h("b", {}, nameOf(you)), h("small", {}, you.username)));
  presence();
}

function rail(server, open, openDm) {
  const { guilds, bot } = state.around;
  document.querySelector(".rail").replaceChildren(
    h("button", { type: "button", "aria-label": `Private conversation with ${nameOf(bot)}`, title: "Private messages", "aria-current": String(!server), onclick: openDm, dataset: { testid: "open-dm" } }, "@"),
    h("hr"),
    ...guilds.map((one) =>
      h("button", { type: "button", "aria-label": one.name, title: one.name, "aria-current": String(one === server), onclick: () => open(one.channels[0].id) }, one.owner_id && one === guilds[0] ? h("img", { src: "/page/flame.svg", alt: "" }) : one.name.slice(0, 2)),
    ),
  );
}

export function presence() {
  const mark = document.querySelector("[data-testid=presence]");
  const isOnline = state.around.bot_is_online;
  mark.textContent = `${nameOf(state.around.bot)} is ${isOnline ? "online" : "offline"}`;
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
  theme.replaceChildren(icon(THEMES[name][0]));
  theme.setAttribute("aria-label", THEMES[name][1]);
  theme.title = THEMES[name][1];
}

export function start() {
  menu.append(icon("menu"));
  menu.addEventListener("click", () => {
    const isOpen = frame.classList.toggle("open");
    menu.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) document.querySelector(".channels [aria-current=true]")?.focus();
  });
  document.getElementById("veil").addEventListener("click", closeSide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && closeSide());
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
