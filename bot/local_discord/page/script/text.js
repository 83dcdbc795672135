// Discord's light markup as elements. Nothing a user wrote is ever taken for HTML.

import * as address from "./address.js";
import { h } from "./dom.js";
import { emojiImage } from "./emojis.js";
import { timeMark } from "./people.js";
import * as phrase from "./phrases.js";
import { channel, channelName, guild, nameOf, state, userById } from "./state.js";

const EMOJI = /^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\u200d\ufe0f\p{Regional_Indicator}]|\s){1,60}$/u;

const BLOCK_MARKS = /^(?:-#|#{1,3}|>) /gm;

export function text(source) {
  const isAllEmoji = EMOJI.test(source) && /\S/.test(source);
  return h("div", { className: isAllEmoji ? "text large" : "text" }, blocks(source));
}

// One line without blocks, as for a quotation.
export function line(source) {
  return inline(source.replace(BLOCK_MARKS, "").replace(/\s+/g, " "));
}

// The words alone, as for a screen reader; it does not give a spoiler away.
export function plain(source) {
  const hidden = source.replace(/\|\|[\s\S]+?\|\|/g, phrase.hidden);
  return h("p", {}, line(hidden)).textContent.trim();
}

function blocks(source) {
  const made = [];
  for (const [index, part] of source.split(/```(?:[\w+-]*\n)?([\s\S]*?)```/).entries()) {
    if (index % 2) made.push(h("pre", { tabIndex: 0 }, h("code", {}, part.replace(/\n$/, ""))));
    else if (part) made.push(...lines(part.replace(/^\n/, "").replace(/\n$/, "")));
  }
  return made;
}

const HEADING = /^(#{1,3}) +(.+)$/;
const SUBTEXT = /^-# +(.+)$/;
const QUOTE = /^> ?/;
const REST = /^>>> ?/;
const ITEM = /^( *)(?:[-*]|(\d+)\.) +/;

function lines(source) {
  const made = [];
  const all = source.split("\n");
  for (let at = 0; at < all.length; ) {
    const take = (pattern) => {
      const taken = [];
      while (at < all.length && pattern.test(all[at])) taken.push(all[at++]);
      return taken;
    };
    const one = all[at];
    if (HEADING.test(one)) made.push(heading(all[at++].match(HEADING)));
    else if (SUBTEXT.test(one)) made.push(h("div", { className: "subtext" }, inline(all[at++].match(SUBTEXT)[1])));
    else if (REST.test(one)) made.push(h("blockquote", {}, lines(all.splice(at).join("\n").replace(REST, ""))));
    else if (QUOTE.test(one)) made.push(h("blockquote", {}, lines(take(QUOTE).map((quoted) => quoted.replace(QUOTE, "")).join("\n"))));
    else if (ITEM.test(one)) made.push(items(take(ITEM)));
    else {
      at += 1;
      made.push(...inline(one));
      if (at < all.length) made.push("\n");
    }
  }
  return made;
}

const heading = ([, marks, words]) => h(`h${marks.length + 2}`, {}, inline(words));

// Items that stand further in belong to the one before them.
function items(taken) {
  const depth = (item) => item.match(ITEM)[1].length;
  const number = taken[0].match(ITEM)[2];
  const list = h(number ? "ol" : "ul", number ? { start: number } : {});
  for (let at = 0; at < taken.length; ) {
    const element = h("li", {}, inline(taken[at].replace(ITEM, "")));
    const inner = [];
    at += 1;
    while (at < taken.length && depth(taken[at]) > depth(taken[0])) inner.push(taken[at++]);
    if (inner.length) element.append(items(inner));
    list.append(element);
  }
  return list;
}

const wrap = (tag) => (found) => h(tag, {}, inline(found[1]));
const mention = (words, dataset = {}) => h("span", { className: dataset.action ? "mention active" : "mention", ...(dataset.action ? { role: "button", tabIndex: 0 } : {}), dataset }, words);

function personMention([, id]) {
  const user = userById(id);
  return user ? mention(`@${nameOf(user)}`, { action: "person", user: id }) : mention(phrase.someone);
}

function placeMention([, id]) {
  const place = channel(id);
  return place ? mention(`#${channelName(place)}`, { action: "place", channel: id }) : mention(phrase.somewhere);
}

function commandMention([, path]) {
  const isHere = state.commands.some((command) => command.name === path.split(" ")[0]);
  return mention(`/${path}`, isHere ? { action: "command", command: path } : {});
}

function link(href, words) {
  const place = words === href ? address.inside(href) : null;
  if (place) return mention(phrase.inChannel(channelName(channel(place.channelId)), place.messageId), { action: "place", channel: place.channelId, target: place.messageId ?? "" });
  return h("a", { href, target: "_blank", rel: "noreferrer noopener" }, words);
}

const spoiler = (found) => h("button", { type: "button", className: "spoiler", "aria-label": phrase.showSpoiler, dataset: { action: "reveal" } }, h("span", {}, inline(found[1])));

const MARKS = [
  [/\\([\\`*_~|<>[\]#-])/, (found) => found[1]],
  [/``([\s\S]+?)``/, (found) => h("code", {}, found[1].trim())],
  [/`([^`]+)`/, (found) => h("code", {}, found[1])],
  [/\[([^\]]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (found) => link(found[2], inline(found[1]))],
  [/<(https?:\/\/[^\s>]+)>/, (found) => link(found[1], found[1])],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;!?)\]'"*_~]/, (found) => link(found[0], found[0])],
  [/<t:(-?\d+)(?::([tTdDfFR]))?>/, (found) => timeMark(Number(found[1]), found[2])],
  [/<@!?(\d+)>/, personMention],
  [/<@&(\d+)>/, (found) => mention(`@${guild()?.roles.find((role) => role.id === found[1])?.name ?? phrase.someRole}`)],
  [/@(everyone|here)\b/, (found) => mention(found[0])],
  [/<#(\d+)>/, placeMention],
  [/<\/([^:>]+):\d+>/, commandMention],
  [/<(a?):(\w+):(\d+)>/, (found) => emojiImage({ id: found[3], name: found[2] })],
  [/\*\*\*([\s\S]+?)\*\*\*/, (found) => h("strong", {}, h("em", {}, inline(found[1])))],
  [/\*\*([\s\S]+?)\*\*/, wrap("strong")],
  [/__([\s\S]+?)__/, wrap("u")],
  [/~~([\s\S]+?)~~/, wrap("s")],
  [/\|\|([\s\S]+?)\|\|/, spoiler],
  [/\*(?!\s)([^*]+?)\*/, wrap("em")],
  [/\b_([^_]+?)_\b/, wrap("em")],
];

// The mark that begins first wins; what stands before it is plain, what follows comes next.
function inline(source) {
  const made = [];
  let rest = source;
  while (rest) {
    let best = null;
    for (const [pattern, make] of MARKS) {
      const found = pattern.exec(rest);
      if (found && (!best || found.index < best.found.index)) best = { found, make };
    }
    if (!best) break;
    const { found, make } = best;
    if (found.index) made.push(rest.slice(0, found.index));
    made.push(make(found));
    rest = rest.slice(found.index + found[0].length);
  }
  if (rest) made.push(rest);
  return made;
}
