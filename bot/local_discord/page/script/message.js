// One message as an element, made from what is known of it and of the message before.

import { components } from "./components.js";
import { h } from "./dom.js";
import { reactions } from "./emojis.js";
import { embeds } from "./embeds.js";
import { icon, iconButton } from "./icons.js";
import { avatar, timeOf } from "./people.js";
import * as phrase from "./phrases.js";
import { fileCard, gallery, isPicture } from "./pictures.js";
import { channel, lastUse, mayReact, nameOf, neverAnswered, state, topColour } from "./state.js";
import { line, plain, text } from "./text.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const V2 = 1 << 15;
const TOGETHER = 7 * 60_000; // milliseconds between messages under one name
const PIN_ADDED = 6, THREAD_CREATED = 18, THREAD_STARTER = 21; // message types

export const isEphemeral = (message) => Boolean(message.flags & EPHEMERAL);

export function messageElement(message, previous) {
  // A thread's first line is the message above which it was opened.
  if (message.type === THREAD_STARTER && !message.referenced_message) return happened(message, "thread", phrase.startedFromGone);
  if (message.type === THREAD_STARTER) return messageElement({ ...message.referenced_message, id: message.id, thread: null, components: [] }, previous);
  if (message.type === THREAD_CREATED) return threadStarted(message);
  if (message.type === PIN_ADDED) return pinAdded(message);
  const isFirst = !continues(message, previous);
  const name = nameOf(message.author);
  const { id } = message.author;
  return h(
    "li",
    {
      className: ["message", isFirst && "first", isEphemeral(message) && "ephemeral", isForYou(message) && "for-you"].filter(Boolean).join(" "),
      id: `message-${message.id}`, tabIndex: -1, "aria-label": phrase.said(name, summary(message)),
      dataset: { key: message.id, message: message.id, testid: "message", author: name },
    },
    isFirst ? origin(message) : null,
    h("div", { className: "gutter" }, isFirst ? h("span", { dataset: { user: id, action: "person" } }, avatar(message.author)) : timeOf(message.timestamp, { isShort: true })),
    h(
      "div",
      { className: "body" },
      isFirst ? head(message, name) : h("span", { className: "sr-only" }, phrase.said(name, "")),
      body(message, name),
      notes(message),
    ),
    h(
      "div",
      { className: "tools" },
      mayReact() && !isEphemeral(message) ? iconButton("smile", phrase.addReaction, { tabIndex: -1, "aria-haspopup": "menu", dataset: { action: "offer-reactions", testid: "message-react" } }) : null,
      iconButton("reply", phrase.reply, { tabIndex: -1, dataset: { action: "reply", testid: "message-reply" } }),
      iconButton("dots", phrase.more, { tabIndex: -1, "aria-haspopup": "menu", dataset: { action: "more", testid: "message-more" } }),
    ),
  );
}

function isForYou(message) {
  const { you } = state.around;
  return message.author.id !== you.id && (message.mention_everyone || message.mentions.some((user) => user.id === you.id));
}

// A message in a few words, for a quotation and for a screen reader.
export function summary(message) {
  if (message.flags & LOADING) return phrase.thinking;
  const pictures = message.attachments.filter(isPicture).length;
  const seen = pictures ? phrase.somePictures(pictures) : message.attachments.length ? phrase.someFile : "";
  const said = plain(message.content) || (message.embeds[0]?.title ?? "");
  return [said, seen].filter(Boolean).join(", ") || phrase.someMessage;
}

// What happened in a channel, in one line.
function happened(message, sign, words) {
  return h(
    "li",
    { className: "message event", id: `message-${message.id}`, tabIndex: -1, dataset: { key: message.id, message: message.id, testid: "message" } },
    h("div", { className: "gutter" }, icon(sign)),
    h("p", { className: "body" }, h("b", {}, nameOf(message.author)), words),
  );
}

const linkTo = (words, dataset) => h("button", { type: "button", className: "linklike", dataset }, words);
const threadStarted = (message) => happened(message, "thread", [phrase.startedThread, linkTo(message.content, { action: "place", channel: message.message_reference?.channel_id })]);
const pinAdded = (message) => happened(message, "pin", phrase.pinned(linkTo(phrase.someMessage, { action: "jump", target: message.message_reference?.message_id })));

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
    h("b", { className: "name", style: colourOf(message.author), dataset: { testid: "author", user: message.author.id, action: "person" } }, name),
    message.author.bot ? h("span", { className: "badge" }, phrase.app) : null,
    timeOf(message.timestamp),
  );
}

// A name has the colour of its highest role that has one, mixed with the text's so that it can be read.
function colourOf(user) {
  const colour = topColour(user.id);
  return colour ? `color:color-mix(in oklab, #${colour.toString(16).padStart(6, "0")} 55%, var(--text))` : "";
}

// The line above a message: the command that made it, or the message it answers.
function origin(message) {
  const made = message.interaction_metadata;
  if (message.interaction && made?.type === 2) {
    return h(
      "div",
      { className: "origin", dataset: { testid: "origin" } },
      avatar(made.user, "tiny"),
      h("span", {}, h("span", { className: "name" }, nameOf(made.user)), phrase.used, h("span", { className: "command" }, message.interaction.name)),
    );
  }
  if (!message.message_reference || message.type === THREAD_STARTER) return null;
  const quoted = state.messages.get(message.message_reference.message_id) ?? message.referenced_message;
  if (!quoted) return h("div", { className: "origin" }, h("i", {}, phrase.originalIsGone));
  const words = quoted.content ? line(quoted.content) : h("i", {}, summary(quoted));
  return h(
    "div",
    { className: "origin" },
    avatar(quoted.author, "tiny"),
    h("span", { className: "name" }, nameOf(quoted.author)),
    h("button", { type: "button", className: "quote", dataset: { action: "jump", target: quoted.id, testid: "quote" } }, words),
  );
}

function body(message, name) {
  if (message.flags & LOADING) {
    if (neverAnswered(message.id)) return h("p", { className: "failed", dataset: { testid: "failed" } }, phrase.noAnswer);
    return h("p", { className: "thinking", dataset: { testid: "thinking" } }, dots(), phrase.thinks(name));
  }
  const inV2 = message.flags & V2;
  const pictures = inV2 ? [] : message.attachments.filter(isPicture);
  const files = inV2 ? [] : message.attachments.filter((file) => !isPicture(file));
  return [
    message.content ? h("div", { dataset: { testid: "content", key: "content" } }, withMark(text(message.content), message)) : null,
    pictures.length ? gallery(pictures.map((file) => ({ ...file, spoiler: Boolean(file.flags & 8) })), name) : null,
    files.map(fileCard),
    embeds(message),
    components(message),
    reactions(message),
    message.thread ? threadCard(message.thread) : null,
  ];
}

function threadCard(thread) {
  const number = thread.message_count ?? 0;
  return h(
    "button",
    { type: "button", className: "thread-card", dataset: { action: "place", channel: thread.id, testid: "thread-card" } },
    h("b", {}, channel(thread.id)?.name ?? thread.name), h("small", {}, phrase.numMessages(number)),
  );
}

function withMark(element, message) {
  if (message.edited_timestamp) {
    const mark = h("span", { className: "edited", title: new Date(message.edited_timestamp).toLocaleString() }, phrase.edited);
    element.append(mark);
  }
  return element;
}

export const dots = () => h("span", { className: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));

function notes(message) {
  const made = [];
  if (lastUse(message.id)?.state === "failed") {
    made.push(h("p", { className: "note failed", role: "alert", dataset: { testid: "component-failed" } }, phrase.pressFailed));
  }
  if (isEphemeral(message)) {
    made.push(
      h(
        "p",
        { className: "note", dataset: { testid: "ephemeral" } },
        icon("eye"), phrase.onlyYou,
        h("button", { type: "button", dataset: { action: "dismiss", testid: "dismiss" } }, phrase.dismiss),
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
      ? h("div", { className: "origin" }, avatar(you, "tiny"), h("span", {}, h("span", { className: "name" }, nameOf(you)), phrase.used, h("span", { className: "command" }, interaction.command_name)))
      : null,
    h("div", { className: "gutter" }, avatar(bot)),
    h(
      "div",
      { className: "body" },
      h("div", { className: "head" }, h("b", {}, nameOf(bot)), h("span", { className: "badge" }, phrase.app)),
      hasFailed
        ? [
            h("p", { className: "failed", role: "alert", dataset: { testid: "failed" } }, phrase.noAnswer),
            h("p", { className: "note" }, icon("eye"), phrase.onlyYou, h("button", { type: "button", dataset: { action: "dismiss-pending" } }, phrase.dismiss)),
          ]
        : h("p", { className: "thinking" }, dots(), phrase.sending),
    ),
  );
}
