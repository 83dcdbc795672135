// The bot's slash commands, as one finds them by typing.

import { state } from "./state.js";

const SLASH = 1, SUBCOMMAND = 1, GROUP = 2;

// Every command a person can call, subcommands spelt out.
export function callable() {
  const found = [];
  const walk = (path, node) => {
    const inner = (node.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
    if (!inner.length) found.push({ path, description: node.description, options: node.options ?? [] });
    for (const option of inner) walk(`${path} ${option.name}`, option);
  };
  for (const command of state.commands) if (command.type === SLASH) walk(command.name, command);
  return found.sort((one, other) => one.path.localeCompare(other.path));
}

// Those that begin as typed come first, then those that have it somewhere, then those that speak of it.
export function fitting(typed) {
  const rank = ({ path, description }) => {
    if (path.startsWith(typed)) return 0;
    if (path.includes(typed)) return 1;
    return description.toLowerCase().includes(typed) ? 2 : 3;
  };
  return callable().filter((one) => rank(one) < 3).sort((one, other) => rank(one) - rank(other));
}
