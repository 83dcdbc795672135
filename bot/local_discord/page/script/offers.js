// What can be done with a message or a person: the bot's own commands first, then the usual.

import * as address from "./address.js";
import * as api from "./api.js";
import { ask } from "./ask.js";
import { openMenu } from "./menu.js";
import { isEphemeral } from "./message.js";
import { avatar } from "./people.js";
import { copy, say } from "./notice.js";
import { channel, claim, isThread, mayModerate, mayStartThreads, mayWrite, nameOf, rolesOf, state } from "./state.js";

const USER_MENU = 2, MESSAGE_MENU = 3;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// `under` is what the pointer was on: a picture or a link brings entries of its own.
export function offerForMessage(where, message, under = null) {
  const isOwn = message.author.id === state.around.you.id;
  openMenu(where, [
    ...ofPicture(under?.closest(".picture")?.querySelector("img")),
    ...ofLink(under?.closest("a")),
    ...apps(MESSAGE_MENU, { message_id: message.id }, message.channel_id),
    ...(mayWrite() && !isEphemeral(message) ? [{ label: "Reply", chosen: () => tell("reply", message) }] : []),
    ...(isOwn ? [{ label: "Edit message", chosen: () => tell("edit", message) }] : []),
    ...(mayStartThreads() && !message.thread && !isEphemeral(message) ? [{ label: "Start a thread…", chosen: () => askForThread(message) }] : []),
    ...(message.content ? [{ label: "Copy text", chosen: () => copy(message.content, "Text") }] : []),
    { label: "Copy link", chosen: () => copy(address.link(message.channel_id, message.id), "Link") },
    { label: "Copy message ID", chosen: () => copy(message.id, "ID") },
    { label: `About ${nameOf(message.author)}…`, chosen: () => offerForPerson(where, message.author) },
    ...(isEphemeral(message) ? [{ label: "Dismiss message", chosen: () => dismiss(message) }] : []),
    ...(!isEphemeral(message) && (isOwn || mayModerate()) ? [{ label: "Delete message", isDangerous: true, chosen: () => dismiss(message) }] : []),
  ]);
}

export function offerForPerson(where, user) {
  openMenu(where, [
    { heading: nameOf(user), picture: avatar(user, "small"), hint: rolesOf(user.id).join(", ") },
    ...apps(USER_MENU, { user_id: user.id }, state.channelId),
    { label: "Mention", chosen: () => tell("insert", `<@${user.id}> `) },
    ...(user.id !== state.around.you.id ? [{ label: "Private conversation", chosen: () => tell("dm", user) }] : []),
    ...(user.id === state.around.bot.id ? [ofInstallation()] : []),
    { label: "Copy user ID", chosen: () => copy(user.id, "ID") },
  ]);
}

function apps(kind, target, channelId) {
  const found = state.commands.filter((command) => command.type === kind);
  if (!found.length) return [];
  return [
    { heading: "Apps" },
    ...found.map((command) => ({ label: command.name, testid: `app-${command.name}`, chosen: () => useCommand(channelId, command.name, target) })),
    { line: true },
  ];
}

function ofPicture(image) {
  if (!image) return [];
  return [
    { label: "Open picture in a new tab", chosen: () => open(image.src, "_blank", "noopener") },
    { label: "Copy picture link", chosen: () => copy(image.src, "Link") },
    { line: true },
  ];
}

function ofLink(anchor) {
  return anchor ? [{ label: "Copy this link", chosen: () => copy(anchor.href, "Link") }, { line: true }] : [];
}

// An app of one's own goes with its person, also where it is no member.
function ofInstallation() {
  const has = state.around.has_installed_app;
  return { label: has ? "Take out of my apps" : "Add to my apps", hint: has ? "" : "its commands go where you go", chosen: () => attempt(() => api.install(!has), () => tell("world")) };
}

export function offerForPlace(where) {
  const one = channel();
  openMenu(where, [
    ...(mayStartThreads() ? [{ label: "Start a thread…", chosen: () => askForThread() }] : []),
    ...(isThread(one) ? ofThread(one) : []),
    { label: "Copy link", chosen: () => copy(address.link(one.id), "Link") },
    { label: "Copy channel ID", chosen: () => copy(one.id, "ID") },
  ]);
}

function ofThread(thread) {
  return [
    thread.joined ? { label: "Leave the thread", chosen: () => attempt(() => api.leaveThread(thread.id)) } : { label: "Join the thread", chosen: () => attempt(() => api.joinThread(thread.id)) },
    { label: "Rename…", chosen: () => ask({ title: "Rename the thread", label: "Name", value: thread.name, action: "Rename" }, (name) => api.changeThread(thread.id, { name })) },
    { label: "Close the thread", hint: "it opens again when somebody writes in it", chosen: () => attempt(() => api.changeThread(thread.id, { is_archived: true }), () => tell("go", { channelId: thread.parent_id })) },
  ];
}

function askForThread(message) {
  const name = message?.content.split("\n")[0].slice(0, 60) ?? "";
  ask({ title: "Start a thread", label: "What is it about?", value: name, action: "Start" }, async (words) => {
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
