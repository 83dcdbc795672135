// One message as an element, made from what is known of it and of the message before.

import { components, embed } from "./components.js";
import { h, icon, iconButton } from "./dom.js";
import { avatar, timeOf } from "./people.js";
import { fileCard, gallery, isPicture } from "./pictures.js";
import { lastUse, nameOf, neverAnswered, state } from "./state.js";
import { line, text } from "./text.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const V2 = 1 << 15;
const TOGETHER = 7 * 60_000; // milliseconds between messages under one name

export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);

export function messageElement(message, previous) {
  const isFirst = !continues(message, previous);
  const name = nameOf(message.author);
  return h(
    "li",
    {
      className: `message ${isFirst ? "first" : ""} ${isEphemeral(message) ? "ephemeral" : ""}`.replace(/\s+/g, " ").trim(),
      id: `message-${message.id}`,
      dataset: { key: message.id, message: message.id, testid: "message", author: name },
    },
    isFirst ? origin(message) : null,
    h("div", { className: "gutter" }, isFirst ? avatar(message.author) : timeOf(message.timestamp, { short: true })),
    h(
      "div",
      { className: "body" },
      isFirst ? head(message, name) : h("span", { className: "sr-only" }, `${name}: `),
      body(message, name),
      notes(message),
    ),
    h(
      "div",
      { className: "tools" },
      iconButton("reply", "Reply", { dataset: { action: "reply" } }),
      iconButton("dots", "More", { "aria-haspopup": "menu", dataset: { action: "more", testid: "message-more" } }),
    ),
  );
}

function continues(message, previous) {
  if (!previous || previous.author.id !== message.author.id) return false;
  if (message.interaction_metadata?.type === 2 || message.message_reference) return false;
  if (isEphemeral(message) !== isEphemeral(previous)) return false;
  return new Date(message.timestamp) - new Date(previous.timestamp) < TOGETHER;
}

function head(message, name) {
  return h(
    "div",
    { className: "head" },
    h("b", { dataset: { testid: "author" } }, name),
    message.author.bot ? h("span", { className: "badge" }, "APP") : null,
    timeOf(message.timestamp),
  );
}

// The line above a message: the command that made it, or the message it answers.
function origin(message) {
  const made = message.interaction_metadata;
  if (message.interaction && made?.type === 2) {
    return h(
      "div",
      { className: "origin", dataset: { testid: "origin" } },
      avatar(made.user, "tiny"),
      h("span", {}, h("span", { className: "name" }, nameOf(made.user)), " used ", h("span", { className: "command" }, message.interaction.name)),
    );
  }
  if (!message.message_reference) return null;
  const quoted = state.messages.get(message.message_reference.message_id) ?? message.referenced_message;
  if (!quoted) return h("div", { className: "origin" }, h("i", {}, "The original message was deleted"));
  const words = quoted.content ? line(quoted.content) : h("i", {}, quoted.attachments.length ? "Press to see the picture" : "Press to see the message");
  return h(
    "div",
    { className: "origin" },
    avatar(quoted.author, "tiny"),
    h("span", { className: "name" }, nameOf(quoted.author)),
    h("button", { type: "button", className: "quote", dataset: { action: "jump", target: quoted.id } }, words),
  );
}

function body(message, name) {
  if (message.flags & LOADING) {
    if (neverAnswered(message.id)) return h("p", { className: "failed", dataset: { testid: "failed" } }, "The application did not respond");
    return h("p", { className: "thinking", dataset: { testid: "thinking" } }, dots(), `${name} is thinking…`);
  }
  const inV2 = message.flags & V2;
  const pictures = inV2 ? [] : message.attachments.filter(isPicture);
  const files = inV2 ? [] : message.attachments.filter((file) => !isPicture(file));
  return [
    message.content ? h("div", { dataset: { testid: "content", key: "content" } }, withMark(text(message.content), message)) : null,
    pictures.length ? gallery(pictures.map((file) => ({ ...file, spoiler: Boolean(file.flags & 8) })), name) : null,
    files.map(fileCard),
    message.embeds.map((one, index) => embed(one, message, index)),
    components(message),
  ];
}

function withMark(element, message) {
  if (message.edited_timestamp) {
    const mark = h("span", { className: "edited", title: new Date(message.edited_timestamp).toLocaleString() }, " (edited)");
    element.append(mark);
  }
  return element;
}

export const dots = () => h("span", { className: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));

function notes(message) {
  const made = [];
  if (lastUse(message.id)?.state === "failed") {
    made.push(h("p", { className: "note failed", role: "alert", dataset: { testid: "component-failed" } }, "This interaction failed"));
  }
  if (isEphemeral(message)) {
    made.push(
      h(
        "p",
        { className: "note", dataset: { testid: "ephemeral" } },
        icon("eye"), "Only you can see this · ",
        h("button", { type: "button", dataset: { action: "dismiss", testid: "dismiss" } }, "Dismiss message"),
      ),
    );
  }
  return made;
}

// A command that has no message yet, or never got one.
export function pendingElement(interaction) {
  const hasFailed = interaction.state === "failed";
  const { bot, you } = state.around;
  return h(
    "li",
    { className: "message first", dataset: { key: `interaction:${interaction.id}`, interaction: interaction.id, testid: "pending" } },
    interaction.command_name
      ? h("div", { className: "origin" }, avatar(you, "tiny"), h("span", {}, h("span", { className: "name" }, nameOf(you)), " used ", h("span", { className: "command" }, interaction.command_name)))
      : null,
    h("div", { className: "gutter" }, avatar(bot)),
    h(
      "div",
      { className: "body" },
      h("div", { className: "head" }, h("b", {}, nameOf(bot)), h("span", { className: "badge" }, "APP")),
      hasFailed
        ? [
            h("p", { className: "failed", role: "alert", dataset: { testid: "failed" } }, "The application did not respond"),
            h("p", { className: "note" }, icon("eye"), "Only you can see this · ", h("button", { type: "button", dataset: { action: "dismiss-pending" } }, "Dismiss message")),
          ]
        : h("p", { className: "thinking" }, dots(), "Sending command…"),
    ),
  );
}
