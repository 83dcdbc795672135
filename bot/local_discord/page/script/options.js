// What a select offers: its own options, or the server's users, roles or channels.

import { channel, guild, nameOf, rolesOf, state } from "./state.js";

export function optionsOf(block) {
  if (block.type === 3) return block.options;
  const server = guild();
  const people = server ? server.members.map((member) => member.user) : [state.around.you, ...channel().recipients];
  const users = people.map((user) => ({ value: user.id, label: nameOf(user), description: rolesOf(user.id).join(", "), user }));
  const roles = (server?.roles ?? []).map((role) => ({ value: role.id, label: role.name.startsWith("@") ? role.name : `@${role.name}` }));
  const wanted = new Set(block.channel_types ?? []);
  const fits = (one) => !wanted.size || wanted.has(one.type);
  const places = [...(server?.channels ?? []), ...(server?.threads ?? [])].filter(fits).map((one) => ({ value: one.id, label: `#${one.name}` }));
  const all = { 5: users, 6: roles, 7: [...users, ...roles], 8: places }[block.type];
  const chosen = new Set(block.default_values?.map((one) => one.id));
  return all.map((option) => ({ ...option, default: chosen.has(option.value) }));
}

export const chosenAtFirst = (block) => optionsOf(block).filter((option) => option.default).map((option) => option.value);
