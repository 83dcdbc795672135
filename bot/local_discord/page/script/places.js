// Servers down the edge, and the channels, threads and conversations of the one that is open.

import { h, morph } from "./dom.js";
import { icon } from "./icons.js";
import { avatar, tint } from "./people.js";
import * as phrase from "./phrases.js";
import { rove, settle } from "./roving.js";
import { isUnread } from "./seen.js";
import { channel, channelName, guild, isThread, nameOf, placesOf, state } from "./state.js";

const rail = document.querySelector(".rail");
const list = document.querySelector(".channels");

export function draw() {
  const server = guild();
  morph(rail, withChildren(rail, servers(server)));
  morph(list, withChildren(list, server ? places(server) : conversations()));
  settle(rail, "button");
  settle(list, "button");
}

function withChildren(element, children) {
  const copy = element.cloneNode(false);
  copy.append(...children);
  return copy;
}

function servers(open) {
  const { guilds, bot, dms } = state.around;
  const hasMail = dms.some(isUnread);
  return [
    h(
      "button",
      {
        type: "button", title: phrase.privatelyWith(nameOf(bot)), "aria-label": marked(phrase.privatelyWith(nameOf(bot)), hasMail),
        "aria-current": String(!open), className: hasMail ? "unread" : "", dataset: { key: "dm", open: "dm", testid: "open-dm" },
      },
      icon("chat"),
    ),
    h("hr"),
    ...guilds.map((one) => {
      const hasNews = placesOf(one).some(isUnread);
      return h(
        "button",
        {
          type: "button", title: one.name, "aria-label": marked(one.name, hasNews), "aria-current": String(one === open),
          className: hasNews ? "unread" : "", dataset: { key: one.id, open: firstOf(one).id, testid: `server-${one.name}` },
        },
        one === guilds[0] ? h("img", { src: "/page/flame.svg", alt: "" }) : h("span", { style: `background:${tint(one.id)}` }, initials(one.name)),
      );
    }),
  ];
}

const marked = (name, hasNews) => (hasNews ? phrase.unread(name) : name);

// Where one lands in a server: where there is news, else at its head.
const firstOf = (server) => server.channels.find(isUnread) ?? server.channels[0];
const initials = (name) => name.split(/\s+/).map((word) => word[0]).join("").slice(0, 3);

function places(server) {
  const threads = placesOf(server).filter(isThread);
  const plain = server.channels.filter((one) => !isThread(one));
  return [
    h("h3", {}, phrase.channels),
    ...plain.flatMap((one) => [
      entry(one, "#"),
      ...threads.filter((thread) => thread.parent_id === one.id && !thread.thread_metadata?.archived).map((thread) => entry(thread, icon("thread"), "thread")),
    ]),
  ];
}

function conversations() {
  return [h("h3", {}, phrase.conversations), ...state.around.dms.map((one) => entry(one, one.recipients[0] ? avatar(one.recipients[0], "tiny") : "@"))];
}

function entry(one, sign, extra = "") {
  const news = isUnread(one);
  return h(
    "button",
    {
      type: "button", className: `${extra} ${news ? "unread" : ""}`.trim(), "aria-label": news ? phrase.unread(channelName(one)) : null, "aria-current": String(one.id === channel().id),
      dataset: { key: one.id, open: one.id, testid: `channel-${channelName(one)}` },
    },
    h("span", { className: "hash", "aria-hidden": "true" }, sign),
    h("span", { className: "name" }, channelName(one)),
  );
}

export function start(open, openDm) {
  for (const container of [rail, list]) {
    container.addEventListener("click", (event) => {
      const wanted = event.target.closest("[data-open]")?.dataset.open;
      if (wanted) wanted === "dm" ? openDm() : open(wanted);
    });
    rove(container, "button");
  }
}
