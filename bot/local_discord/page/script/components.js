// Components of a message as elements. Presses are heard by deeds.js.

import { selectButton } from "./chooser.js";
import { h } from "./dom.js";
import { emojiFace } from "./emojis.js";
import { chosenAtFirst } from "./options.js";
import * as phrase from "./phrases.js";
import { fileCard, gallery, picture } from "./pictures.js";
import { lastUse, nameOf, state } from "./state.js";
import { text } from "./text.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "secondary" };
export const colour = (number) => (number === null || number === undefined ? "" : `--accent:#${number.toString(16).padStart(6, "0")}`);

export function components(message) {
  return message.components.map((block, index) => component(block, message, `component:${block.id ?? index}`));
}

function component(block, message, key) {
  const children = () => block.components.map((child, index) => component(child, message, `component:${child.id ?? index}`));
  switch (block.type) {
    case 1:
      return h("div", { className: "row", dataset: { key } }, children());
    case 2:
      return button(block, message, key);
    case 3: case 5: case 6: case 7: case 8:
      return select(block, message, key);
    case 9:
      return h("div", { className: "section", dataset: { key } }, h("div", {}, children()), component(block.accessory, message, `component:${block.accessory.id}`));
    case 10:
      return h("div", { dataset: { key } }, text(block.content));
    case 11:
      return picture({ ...block.media, id: block.media.attachment_id ?? block.media.url, width: block.media.width ?? 84, height: block.media.height ?? 84, spoiler: block.spoiler }, "", block.description ?? phrase.thumbnail);
    case 12:
      return media(block, message, key);
    case 13:
      return fileCard({ ...block.file, filename: block.name, size: block.size });
    case 14:
      return h("hr", { className: `separator ${block.divider ? "" : "bare"} ${block.spacing === 2 ? "wide" : ""}`, dataset: { key } });
    case 17:
      return container(block, key, children());
    default:
      return h("p", { className: "note" }, phrase.cannotShow(block.type));
  }
}

function container(block, key, children) {
  return h(
    "div",
    { className: `container ${block.spoiler ? "hidden" : ""}`.trim(), style: colour(block.accent_color), dataset: { key, testid: "container" } },
    children,
    block.spoiler ? h("button", { type: "button", className: "cover", dataset: { action: "uncover" } }, phrase.spoiler) : null,
  );
}

function media(block, message, key) {
  const files = block.items.map((item) => ({
    ...item.media, id: item.media.attachment_id ?? item.media.url, description: item.description, spoiler: item.spoiler,
    filename: decodeURIComponent(new URL(item.media.url).pathname.split("/").pop()),
  }));
  return h("div", { dataset: { key } }, gallery(files, nameOf(message.author)));
}

function button(block, message, key) {
  const face = [emojiFace(block.emoji), block.label];
  if (block.style === 5) {
    return h("a", { className: "button link", href: block.url, target: "_blank", rel: "noreferrer noopener", dataset: { key } }, face, " ↗");
  }
  const use = lastUse(message.id);
  const isBusy = use?.state === "waiting" && use.custom_id === block.custom_id;
  return h(
    "button",
    {
      type: "button", className: `button ${STYLES[block.style]}`, disabled: Boolean(block.disabled),
      "aria-busy": isBusy ? "true" : null, "aria-label": block.label ? null : block.emoji?.name,
      dataset: { key, action: "press", customId: block.custom_id, testid: "component-button" },
    },
    face,
  );
}

function select(block, message, key) {
  const values = state.chosen.get(`${message.id}:${block.custom_id}`) ?? chosenAtFirst(block);
  const use = lastUse(message.id);
  return selectButton(block, values, {
    "aria-busy": use?.state === "waiting" && use.custom_id === block.custom_id ? "true" : null,
    dataset: { key, action: "choose", customId: block.custom_id, testid: "component-select" },
  });
}
