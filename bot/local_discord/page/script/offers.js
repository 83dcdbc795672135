// What can be done with a message or a person: the bot's own commands first, then the usual.

import * as address from "./address.js";
import * as api from "./api.js";
import { openMenu } from "./menu.js";
import { isEphemeral } from "./message.js";
import { avatar } from "./people.js";
import { copy, say } from "./notice.js";
import { claim, mayModerate, nameOf, rolesOf, state } from "./state.js";

const USER_MENU = 2, MESSAGE_MENU = 3;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// `under` is what the pointer was on: a picture or a link brings entries of its own.
export function offerForMessage(where, message, under = null) {
  const isOwn = message.author.id === state.around.you.id;
  openMenu(where, [
    ...ofPicture(under?.closest(".picture")?.querySelector("img")),
    ...ofLink(under?.closest("a")),
    ...apps(MESSAGE_MENU, { message_id: message.id }, message.channel_id),
    { label: "Reply", chosen: () => tell("reply", message) },
    ...(message.content ? [{ label: "Copy text", chosen: () => copy(message.content, "Text") }] : []),
    { label: "Copy link", chosen: () => copy(address.link(message.channel_id, message.id), "Link") },
    { label: "Copy message ID", chosen: () => copy(message.id, "ID") },
    ...(isEphemeral(message) ? [{ label: "Dismiss message", chosen: () => dismiss(message) }] : []),
    ...(!isEphemeral(message) && (isOwn || mayModerate()) ? [{ label: "Delete message", isDangerous: true, chosen: () => dismiss(message) }] : []),
  ]);
}

export function offerForPerson(where, user) {
  openMenu(where, [
    { heading: nameOf(user), picture: avatar(user, "small"), hint: rolesOf(user.id).join(", ") },
    ...apps(USER_MENU, { user_id: user.id }, state.channelId),
    { label: "Mention", chosen: () => tell("insert", `<@${user.id}> `) },
    ...(user.bot ? [{ label: "Send a private message", chosen: () => tell("dm", user) }] : []),
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

async function useCommand(channelId, name, target) {
  try {
    claim(await api.useMenu(channelId, name, target));
  } catch (error) {
    say(error.message);
  }
}

export async function dismiss(message) {
  try {
    await api.dismiss(message.channel_id, message.id);
  } catch (error) {
    say(error.message);
  }
}
