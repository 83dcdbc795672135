// Components and embeds of a message as elements. Presses are heard by history.js.

import { h } from "./dom.js";
import { gallery, here, fileCard, picture } from "./pictures.js";
import { guild, lastUse, nameOf } from "./state.js";
import { text } from "./text.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "secondary" };
const colour = (number) => (number === null || number === undefined ? "" : `--accent:#${number.toString(16).padStart(6, "0")}`);

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
      return h("div", { className: "section", dataset: { key } }, h("div", {}, children()), component(block.accessory, message, "accessory"));
    case 10:
      return h("div", { dataset: { key } }, text(block.content));
    case 11:
      return picture({ ...block.media, width: block.media.width ?? 84, height: block.media.height ?? 84, spoiler: block.spoiler }, "", block.description ?? "Thumbnail");
    case 12:
      return media(block, message, key);
    case 13:
      return fileCard({ ...block.file, filename: block.name, size: block.size });
    case 14:
      return h("hr", { className: `separator ${block.divider ? "" : "bare"} ${block.spacing === 2 ? "wide" : ""}`, dataset: { key } });
    case 17:
      return h("div", { className: "container", style: colour(block.accent_color), dataset: { key, testid: "container" } }, children());
    default:
      return h("p", { className: "note" }, `(a component of type ${block.type}, which this page cannot show)`);
  }
}

function media(block, message, key) {
  const files = block.items.map((item) => ({
    ...item.media, id: item.media.attachment_id ?? item.media.url, description: item.description, spoiler: item.spoiler,
    filename: decodeURIComponent(new URL(item.media.url).pathname.split("/").pop()),
  }));
  return h("div", { dataset: { key } }, gallery(files, nameOf(message.author)));
}

function emoji(one) {
  return one && !one.id ? h("span", { "aria-hidden": "true" }, one.name) : null;
}

function button(block, message, key) {
  const face = [emoji(block.emoji), block.label ?? (block.emoji && !block.emoji.id ? "" : block.emoji?.name)];
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

// What a select offers: its own options, or the server's users, roles or channels.
export function optionsOf(block) {
  if (block.type === 3) return block.options;
  const server = guild();
  const users = server?.members.map((member) => ({ value: member.user.id, label: nameOf(member.user) })) ?? [];
  const roles = server?.roles.map((role) => ({ value: role.id, label: role.name })) ?? [];
  const chosen = new Set(block.default_values?.map((one) => one.id));
  const wanted = block.channel_types?.length ? new Set(block.channel_types) : null;
  const places = server?.channels.filter((one) => !wanted || wanted.has(one.type)).map((one) => ({ value: one.id, label: `#${one.name}` })) ?? [];
  const all = { 5: users, 6: roles, 7: [...users, ...roles], 8: places }[block.type];
  return all.map((option) => ({ ...option, default: chosen.has(option.value) }));
}

function select(block, message, key) {
  const offered = optionsOf(block);
  const name = block.placeholder ?? "Make a selection";
  if (block.max_values === 1 && block.min_values === 1) {
    const isChosen = offered.some((option) => option.default);
    return h(
      "select",
      { className: "field select", disabled: Boolean(block.disabled), "aria-label": name, dataset: { key, action: "choose", customId: block.custom_id, testid: "component-select" } },
      h("option", { value: "", disabled: true, selected: !isChosen }, name),
      offered.map((option) => h("option", { value: option.value, selected: Boolean(option.default), title: option.description }, option.label)),
    );
  }
  return h(
    "details",
    { className: "choices select", dataset: { key, customId: block.custom_id, testid: "component-select" } },
    h("summary", { className: "field" }, name),
    h(
      "div",
      { className: "sheet" },
      offered.map((option) =>
        h("label", {}, h("input", { type: "checkbox", value: option.value, checked: Boolean(option.default) }), h("span", {}, option.label, option.description ? h("small", {}, option.description) : null)),
      ),
      h("button", { type: "button", className: "button primary", dataset: { action: "choose-many" } }, "Choose"),
    ),
  );
}

export function embed(one, message, index) {
  const shown = (file, extra) =>
    file && picture({ ...file, id: file.url.split("?")[0], width: file.width ?? 400, height: file.height ?? 300 }, extra, file.description ?? one.title ?? `Picture from ${nameOf(message.author)}`);
  return h(
    "article",
    { className: "embed", style: colour(one.color), dataset: { key: `embed:${index}`, testid: "embed" } },
    one.author && h("div", { className: "author" }, one.author.name),
    one.title && (one.url ? h("a", { className: "title", href: one.url, target: "_blank", rel: "noreferrer noopener" }, one.title) : h("strong", { className: "title" }, one.title)),
    one.description && text(one.description),
    one.fields?.length ? h("div", { className: "fields" }, one.fields.map((field) => h("div", { className: field.inline ? "inline" : "" }, h("b", {}, field.name), text(field.value)))) : null,
    one.image && h("div", { className: "gallery one" }, shown(one.image, "")),
    one.thumbnail && h("img", { src: here(one.thumbnail.url), alt: "", width: "80", dataset: { file: one.thumbnail.url.split("?")[0] } }),
    one.footer && h("div", { className: "footer" }, one.footer.text),
  );
}
