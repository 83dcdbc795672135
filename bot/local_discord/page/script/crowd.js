// The people: who one is here, becoming somebody else, and who is in the server.

import * as address from "./address.js";
import { h, morph } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { openMenu } from "./menu.js";
import { avatar } from "./people.js";
import * as phrase from "./phrases.js";
import { rove, settle } from "./roving.js";
import { guild, nameOf, rolesOf, state } from "./state.js";

const frame = document.getElementById("frame");
const self = document.querySelector(".self");
const members = document.getElementById("members");
const toggle = document.getElementById("show-members");

export function draw() {
  const { you, people } = state.around;
  const roles = rolesOf(you.id);
  self.replaceChildren(
    h(
      "button",
      { type: "button", className: "who", "aria-haspopup": "menu", title: phrase.beSomebodyElse, "aria-label": phrase.switchPerson(nameOf(you)), onclick: (event) => offerPeople(event.currentTarget), dataset: { testid: "switch-person" } },
      avatar(you, "small"),
      h("span", {}, h("small", {}, phrase.youAre), h("b", { dataset: { testid: "you" } }, nameOf(you)), roles.length ? h("small", {}, roles.join(", ")) : null),
      people.length > 1 ? icon("exchange") : null,
    ),
  );
  toggle.hidden = !guild();
  drawMembers();
}

// Everybody who can sit before this page; each has a page of their own.
function offerPeople(button) {
  const { you, people } = state.around;
  openMenu(button, [
    { heading: phrase.beSomebodyElse },
    ...people.map((one) => ({
      label: nameOf(one), hint: one.id === you.id ? phrase.you : rolesOf(one.id).join(", ") || (guild() ? phrase.noRole : ""), picture: avatar(one, "small"),
      isCurrent: one.id === you.id, testid: `person-${one.username}`,
      chosen: () => one.id !== you.id && location.assign(address.ofPerson(one.username)),
    })),
  ]);
}

function drawMembers() {
  const server = guild();
  const groups = new Map([[phrase.people, []], [phrase.apps, []]]);
  for (const { user } of server?.members ?? []) groups.get(user.bot ? phrase.apps : phrase.people).push(user);
  const wanted = members.cloneNode(false);
  wanted.append(
    h("header", { dataset: { key: "head" } }, h("h2", {}, phrase.members), iconButton("close", phrase.closeMembers, { onclick: () => show(false) })),
    ...[...groups].filter(([, users]) => users.length).map(([name, users]) =>
      h("section", { "aria-label": name, dataset: { key: name } }, h("h3", {}, phrase.headed(name, users.length)), users.map(row)),
    ),
  );
  morph(members, wanted);
  settle(members, "[data-user]");
}

function row(user) {
  const roles = rolesOf(user.id);
  return h(
    "button",
    { type: "button", "aria-haspopup": "menu", dataset: { key: user.id, user: user.id, testid: `member-${user.username}` } },
    avatar(user, "small"),
    h("span", {}, h("b", {}, nameOf(user)), roles.length ? h("small", {}, roles.join(", ")) : null),
  );
}

function show(isShown) {
  frame.classList.toggle("with-members", isShown);
  toggle.setAttribute("aria-expanded", String(isShown));
  if (isShown) members.querySelector("[data-user]")?.focus();
  else if (members.contains(document.activeElement)) toggle.focus();
}

export function start() {
  toggle.append(icon("people"));
  toggle.addEventListener("click", () => show(!frame.classList.contains("with-members")));
  members.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  rove(members, "[data-user]");
}
