// Discord's light markup as elements. Nothing a user wrote is ever taken for HTML.

import { h } from "./dom.js";
import { timeMark } from "./people.js";
import { channels, guild, nameOf, userById } from "./state.js";

export function text(source) {
  return h("div", { className: "text" }, blocks(source));
}

// One line without blocks, as for a quotation.
export function line(source) {
  return inline(source.replace(/\s+/g, " "));
}

function blocks(source) {
  const made = [];
  for (const [index, part] of source.split(/```(?:[\w+-]*\n)?([\s\S]*?)```/).entries()) {
    if (index % 2) made.push(h("pre", {}, h("code", {}, part.replace(/\n$/, ""))));
    else if (part) made.push(...lines(part.replace(/^\n/, "").replace(/\n$/, "")));
  }
  return made;
}

const KINDS = [
  [/^(#{1,3}) +(.+)$/, (found) => h(`h${found[1].length + 2}`, {}, inline(found[2]))],
  [/^-# +(.+)$/, (found) => h("div", { className: "subtext" }, inline(found[1]))],
];

function lines(source) {
  const made = [];
  const all = source.split("\n");
  for (let at = 0; at < all.length; at += 1) {
    const group = (pattern) => {
      const taken = [];
      while (at < all.length && pattern.test(all[at])) taken.push(all[at++].replace(pattern, ""));
      at -= 1;
      return taken;
    };
    const kind = KINDS.find(([pattern]) => pattern.test(all[at]));
    if (kind) made.push(kind[1](all[at].match(kind[0])));
    else if (/^> ?/.test(all[at])) made.push(h("blockquote", {}, inline(group(/^> ?/).join("\n"))));
    else if (/^\s*[-*] +/.test(all[at])) made.push(h("ul", {}, group(/^\s*[-*] +/).map((item) => h("li", {}, inline(item)))));
    else if (/^\d+\. +/.test(all[at])) made.push(h("ol", {}, group(/^\d+\. +/).map((item) => h("li", {}, inline(item)))));
    else {
      made.push(...inline(all[at]));
      if (at < all.length - 1) made.push("\n");
    }
  }
  return made;
}

const wrap = (tag) => (found) => h(tag, {}, inline(found[1]));
const mention = (words) => h("span", { className: "mention" }, words);

const MARKS = [
  [/\\([\\`*_~|<>[\]#-])/, (found) => found[1]],
  [/``([\s\S]+?)``/, (found) => h("code", {}, found[1].trim())],
  [/`([^`]+)`/, (found) => h("code", {}, found[1])],
  [/\[([^\]]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (found) => link(found[2], inline(found[1]))],
  [/<(https?:\/\/[^\s>]+)>/, (found) => link(found[1], found[1])],
  [/https?:\/\/[^\s<>]*[^\s<>.,:;!?)\]'"*_~]/, (found) => link(found[0], found[0])],
  [/<t:(-?\d+)(?::([tTdDfFR]))?>/, (found) => timeMark(Number(found[1]), found[2])],
  [/<@!?(\d+)>/, (found) => mention(`@${userById(found[1]) ? nameOf(userById(found[1])) : "someone"}`)],
  [/<@&(\d+)>/, (found) => mention(`@${guild()?.roles.find((role) => role.id === found[1])?.name ?? "role"}`)],
  [/<#(\d+)>/, (found) => mention(`#${channels().find((one) => one.id === found[1])?.name ?? "unknown"}`)],
  [/<\/([^:>]+):\d+>/, (found) => mention(`/${found[1]}`)],
  [/<a?:(\w+):\d+>/, (found) => `:${found[1]}:`],
  [/\*\*\*([\s\S]+?)\*\*\*/, (found) => h("strong", {}, h("em", {}, inline(found[1])))],
  [/\*\*([\s\S]+?)\*\*/, wrap("strong")],
  [/__([\s\S]+?)__/, wrap("u")],
  [/~~([\s\S]+?)~~/, wrap("s")],
  [/\|\|([\s\S]+?)\|\|/, (found) => h("button", { type: "button", className: "spoiler", "aria-label": "Spoiler, press to show", dataset: { action: "reveal" } }, inline(found[1]))],
  [/\*(?!\s)([^*]+?)\*/, wrap("em")],
  [/\b_([^_]+?)_\b/, wrap("em")],
];

const link = (href, words) => h("a", { href, target: "_blank", rel: "noreferrer noopener" }, words);

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
