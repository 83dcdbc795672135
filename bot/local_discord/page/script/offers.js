// What can be done with a message or a person: the bot's own commands first, then the usual.

import * as address from "./address.js";
import * as api from "./api.js";
import { ask } from "./ask.js";
import { emojiImage, keyOf, offered } from "./emojis.js";
import { jump } from "./history.js";
import { openMenu } from "./menu.js";
import { isEphemeral, summary } from "./message.js";
import { avatar } from "./people.js";
import { copy, say } from "./notice.js";
import * as phrase from "./phrases.js";
import { channel, claim, isThread, mayModerate, mayPin, mayReact, mayStartThreads, mayWrite, nameOf, rolesOf, state } from "./state.js";

const USER_MENU = 2, MESSAGE_MENU = 3;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// `under` is what the pointer was on: a picture or a link brings entries of its own.
export function offerForMessage(where, message, under = null) {
  const isOwn = message.author.id === state.around.you.id;
  openMenu(where, [
    ...ofPicture(under?.closest(".picture")?.querySelector("img")),
    ...ofLink(under?.closest("a")),
    ...apps(MESSAGE_MENU, { message_id: message.id }, message.channel_id),
    ...(mayWrite() && !isEphemeral(message) ? [{ label: phrase.reply, chosen: () => tell("reply", message) }] : []),
    ...(mayReact() && !isEphemeral(message) ? [{ label: phrase.addReaction, chosen: () => offerReactions(where, message) }] : []),
    ...(isOwn ? [{ label: phrase.editMessage, chosen: () => tell("edit", message) }] : []),
    ...(mayStartThreads() && !message.thread && !isEphemeral(message) ? [{ label: phrase.startThread, chosen: () => askForThread(message) }] : []),
    ...(mayPin() && !isEphemeral(message) ? [{ label: message.pinned ? phrase.unpinMessage : phrase.pinMessage, chosen: () => attempt(() => api.pin(message.channel_id, message.id, !message.pinned)) }] : []),
    ...(message.content ? [{ label: phrase.copyText, chosen: () => copy(message.content, phrase.text) }] : []),
    { label: phrase.copyLink, chosen: () => copy(address.link(message.channel_id, message.id), phrase.link) },
    { label: phrase.copyMessageId, chosen: () => copy(message.id, phrase.id) },
    { label: phrase.about(nameOf(message.author)), chosen: () => offerForPerson(where, message.author) },
    ...(isEphemeral(message) ? [{ label: phrase.dismiss, chosen: () => dismiss(message) }] : []),
    ...(!isEphemeral(message) && (isOwn || mayModerate()) ? [{ label: phrase.deleteMessage, isDangerous: true, chosen: () => dismiss(message) }] : []),
  ]);
}

export function offerReactions(where, message) {
  const entries = offered().map((emoji) => ({ label: emoji.id ? emojiImage(emoji) : emoji.name, name: phrase.addThisReaction(emoji.name), chosen: () => react(message, keyOf(emoji), true) }));
  openMenu(where, entries, "tiles");
}

export const react = (message, emoji, isWanted) => attempt(() => api.react(message.channel_id, message.id, emoji, isWanted));

async function offerPins(where) {
  const pinned = await api.listPins(state.channelId);
  const entries = pinned.map((message) => ({ label: nameOf(message.author), hint: summary(message), picture: avatar(message.author, "small"), chosen: () => jump(message.id) }));
  openMenu(where, [{ heading: entries.length ? phrase.pinsHere : phrase.noPins }, ...entries]);
}

export function offerForPerson(where, user) {
  openMenu(where, [
    { heading: nameOf(user), picture: avatar(user, "small"), hint: rolesOf(user.id).join(", ") },
    ...apps(USER_MENU, { user_id: user.id }, state.channelId),
    { label: phrase.mention, chosen: () => tell("insert", `<@${user.id}> `) },
    ...(user.id !== state.around.you.id ? [{ label: phrase.privateConversation, chosen: () => tell("dm", user) }] : []),
    ...(user.id === state.around.bot.id ? [ofInstallation()] : []),
    { label: phrase.copyUserId, chosen: () => copy(user.id, phrase.id) },
  ]);
}

function apps(kind, target, channelId) {
  const found = state.commands.filter((command) => command.type === kind);
  if (!found.length) return [];
  return [
    { heading: phrase.apps },
    ...found.map((command) => ({ label: command.name, testid: `app-${command.name}`, chosen: () => useCommand(channelId, command.name, target) })),
    { line: true },
  ];
}

function ofPicture(image) {
  if (!image) return [];
  return [
    { label: phrase.openPicture, chosen: () => open(image.src, "_blank", "noopener") },
    { label: phrase.copyPictureLink, chosen: () => copy(image.src, phrase.link) },
    { line: true },
  ];
}

function ofLink(anchor) {
  return anchor ? [{ label: phrase.copyThisLink, chosen: () => copy(anchor.href, phrase.link) }, { line: true }] : [];
}

// An app of one's own goes with its person, also where it is no member.
function ofInstallation() {
  const has = state.around.has_installed_app;
  return { label: has ? phrase.uninstall : phrase.install, hint: has ? "" : phrase.installHint, chosen: () => attempt(() => api.install(!has), () => tell("world")) };
}

export function offerForPlace(where) {
  const one = channel();
  openMenu(where, [
    ...(mayStartThreads() ? [{ label: phrase.startThread, chosen: () => askForThread() }] : []),
    ...(isThread(one) ? ofThread(one) : []),
    { label: phrase.pins, chosen: () => attempt(() => offerPins(where)) },
    { label: phrase.copyLink, chosen: () => copy(address.link(one.id), phrase.link) },
    { label: phrase.copyChannelId, chosen: () => copy(one.id, phrase.id) },
  ]);
}

function ofThread(thread) {
  return [
    thread.joined ? { label: phrase.leaveThread, chosen: () => attempt(() => api.leaveThread(thread.id)) } : { label: phrase.joinThread, chosen: () => attempt(() => api.joinThread(thread.id)) },
    { label: phrase.rename, chosen: () => ask({ ...phrase.renameThread, value: thread.name }, (name) => api.changeThread(thread.id, { name })) },
    { label: phrase.closeThread, hint: phrase.closeThreadHint, chosen: () => attempt(() => api.changeThread(thread.id, { is_archived: true }), () => tell("go", { channelId: thread.parent_id })) },
  ];
}

function askForThread(message) {
  const name = message?.content.split("\n")[0].slice(0, 60) ?? "";
  ask({ ...phrase.newThread, value: name }, async (words) => {
    const thread = await api.startThread(state.channelId, words, message?.id);
    tell("world", { then: thread.id });
  });
}

async function attempt(deed, afterwards = () => {}) {
  try {
    await deed();
    afterwards();
  } catch (error) {
    say(error.message);
  }
}

const useCommand = (channelId, name, target) => attempt(async () => claim(await api.useMenu(channelId, name, target)));

export const dismiss = (message) => attempt(() => api.dismiss(message.channel_id, message.id));
