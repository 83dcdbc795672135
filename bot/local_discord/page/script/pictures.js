// Pictures and files in a message.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import * as phrase from "./phrases.js";

export const MINUTE = 256; // pixels; smaller pictures are shown larger than they are

export const isPicture = (file) => Boolean(file.width && file.content_type?.startsWith("image/"));

// URLs name the server as the bot reaches it; the page knows it by its own address.
export function here(url) {
  const parsed = new URL(url, location.href);
  return parsed.pathname.startsWith("/cdn/") ? parsed.pathname + parsed.search : url;
}

// How many stand in each row, by how many there are.
const ROWS = { 1: [1], 2: [2], 3: [2], 4: [2, 2], 5: [2, 3], 6: [3, 3], 7: [1, 3, 3], 8: [2, 3, 3], 9: [3, 3, 3], 10: [1, 3, 3, 3] };

// Three stand as one large and two small beside it, as everybody is used to.
export function gallery(files, author) {
  const rows = ROWS[files.length] ?? [];
  const spans = rows.flatMap((count) => Array.from({ length: count }, () => `of${count}`));
  return h(
    "div",
    { className: `gallery n${files.length}`, dataset: { key: "gallery", testid: "gallery" } },
    files.map((file, index) => picture(file, files.length === 1 ? "" : spans[index] ?? "of3", describe(file, index, files.length, author), index)),
  );
}

export function picture(file, extra, alt, index = 0) {
  const minute = file.width <= MINUTE && file.height <= MINUTE ? "minute" : "";
  return h(
    "button",
    {
      type: "button",
      className: ["picture", minute, extra, file.spoiler && "covered"].filter(Boolean).join(" "),
      "aria-label": file.spoiler ? phrase.showSpoilerPicture : phrase.openInFull(alt),
      dataset: { key: `picture:${index}`, action: "enlarge", testid: "picture" },
    },
    h("img", { src: here(file.url), alt, width: String(file.width), height: String(file.height), dataset: { file: file.id, original: here(file.url), name: file.filename ?? "" }, draggable: "false" }),
  );
}

function describe(file, index, total, author) {
  if (file.description) return file.description;
  return phrase.pictureOf(index + 1, total, author, file.filename);
}

export function sizeOf(bytes) {
  if (bytes > 2 ** 20) return phrase.mebibytes(bytes / 2 ** 20);
  return bytes > 1024 ? phrase.kibibytes(bytes / 1024) : phrase.bytes(bytes);
}

export function fileCard(file) {
  return h(
    "div",
    { className: "file", dataset: { key: `file:${file.id}`, testid: "file" } },
    icon("file"),
    h("span", {}, h("a", { href: here(file.url), download: file.filename }, file.filename), h("small", {}, sizeOf(file.size))),
    h("a", { className: "icon-button", href: here(file.url), download: file.filename, "aria-label": phrase.downloadOf(file.filename), title: phrase.download }, icon("download")),
  );
}
