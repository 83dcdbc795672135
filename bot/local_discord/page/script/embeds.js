// Embeds: the cards a bot may put under its words.

import { colour } from "./components.js";
import { h } from "./dom.js";
import { timeOf } from "./people.js";
import * as phrase from "./phrases.js";
import { gallery, here, picture } from "./pictures.js";
import { nameOf } from "./state.js";
import { text } from "./text.js";

// Embeds of the same address are one card with several pictures.
export function embeds(message) {
  const cards = [];
  for (const one of message.embeds) {
    const same = one.url && one.image && cards.find((card) => card.first.url === one.url);
    if (same) same.images.push(one.image);
    else cards.push({ first: one, images: one.image ? [one.image] : [] });
  }
  return cards.map((card, index) => element(card, index, nameOf(message.author)));
}

function element({ first: one, images }, index, author) {
  return h(
    "article",
    { className: "embed", style: colour(one.color), dataset: { key: `embed:${index}`, testid: "embed" } },
    one.thumbnail ? h("div", { className: "thumb", dataset: { key: "thumb" } }, picture(known(one.thumbnail, 80), "", phrase.thumbnailOf(one.title ?? author))) : null,
    one.author ? h("div", { className: "author" }, titled(one.author.name, one.author.url)) : null,
    one.title ? h("strong", { className: "title" }, titled(one.title, one.url)) : null,
    one.description ? text(one.description) : null,
    one.fields?.length ? h("div", { className: "fields" }, one.fields.map(fieldElement)) : null,
    images.length ? gallery(images.map((image) => known(image, 400)), one.title ?? author) : null,
    footer(one),
  );
}

const titled = (words, url) => (url ? h("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, words) : words);
const fieldElement = (field) => h("div", { className: field.inline ? "inline" : "" }, h("b", {}, field.name), text(field.value));

// A picture of an embed has no name or id of its own but what its address says.
function known(file, size) {
  const path = file.url.split("?")[0];
  return { ...file, id: path, filename: decodeURIComponent(path.split("/").pop()), width: file.width ?? size, height: file.height ?? size, url: here(file.url) };
}

function footer(one) {
  if (!one.footer && !one.timestamp) return null;
  return h("div", { className: "footer" }, one.footer?.text, one.footer && one.timestamp ? " · " : null, one.timestamp ? timeOf(one.timestamp) : null);
}
