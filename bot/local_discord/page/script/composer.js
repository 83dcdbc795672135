// The box at the bottom: text, files, replies, and the way into commands.

import * as api from "./api.js";
import { CommandForm } from "./command.js";
import { h, iconButton } from "./dom.js";
import { say, toEnd } from "./history.js";
import { Listbox } from "./listbox.js";
import { channel, channelName, nameOf, state } from "./state.js";

const root = document.getElementById("composer");
const SLASH = 1, SUBCOMMAND = 1, GROUP = 2;
let files = [];
let entry, drafts, replying, box, picker;

// Every command a person can call, subcommands spelt out.
function callable() {
  const found = [];
  const walk = (path, node) => {
    const inner = (node.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
    if (!inner.length) found.push({ path, description: node.description, options: node.options ?? [] });
    for (const option of inner) walk(`${path} ${option.name}`, option);
  };
  for (const command of state.commands) if (command.type === SLASH) walk(command.name, command);
  return found.sort((one, other) => one.path.localeCompare(other.path));
}

export function draw() {
  const one = channel();
  entry.placeholder = `Message ${one.name ? `#${one.name}` : channelName(one)} or type /`;
  entry.setAttribute("aria-label", entry.placeholder);
}

function offer() {
  const typed = entry.value;
  if (!typed.startsWith("/") || typed.includes("\n")) return picker.hide();
  const wanted = typed.slice(1).toLowerCase();
  const all = callable();
  const exact = all.find((one) => `${one.path} ` === wanted);
  if (exact) return begin(exact);
  const fitting = all.filter((one) => one.path.startsWith(wanted.trim()) || (wanted.trim() && one.path.includes(wanted.trim())));
  const empty = all.length ? "No command begins like this." : "The bot has not registered any commands yet.";
  return picker.show(fitting, { heading: nameOf(state.around.bot), empty });
}

// Puts the command's form in the place of the text box.
export function begin(command) {
  entry.value = "";
  picker.hide();
  const form = new CommandForm(command, () => {
    form.element.remove();
    box.hidden = false;
    entry.focus();
    toEnd();
  });
  root.querySelector(".command")?.remove();
  box.hidden = true;
  root.append(form.element);
  form.focus();
}

async function sendText() {
  const words = entry.value.trim();
  if (!words && !files.length) return;
  const held = files;
  entry.value = "";
  setFiles([]);
  const replyTo = state.replyTo?.id;
  setReply(null);
  try {
    await api.write(state.channelId, words, held, replyTo);
    toEnd();
  } catch (error) {
    entry.value = words;
    setFiles(held);
    say(error.message);
  }
}

function setFiles(wanted) {
  files = wanted.slice(0, 10);
  drafts.replaceChildren(
    ...files.map((file) =>
      h(
        "div",
        { className: "draft" },
        file.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : null,
        h("span", {}, file.name),
        iconButton("close", `Take ${file.name} out`, { onclick: () => setFiles(files.filter((one) => one !== file)) }),
      ),
    ),
  );
  drafts.hidden = !files.length;
}

function setReply(message) {
  state.replyTo = message;
  replying.hidden = !message;
  if (!message) return;
  replying.replaceChildren(h("span", {}, "Replying to ", h("b", {}, nameOf(message.author))), iconButton("close", "Do not reply", { onclick: () => setReply(null) }));
  entry.focus();
}

function key(event) {
  if (picker.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    sendText();
  } else if (event.key === "Escape") setReply(null);
}

export function start() {
  entry = h("textarea", { id: "entry", rows: "1", maxLength: 2000, autocomplete: "off", spellcheck: true, dataset: { testid: "entry" }, oninput: offer, onkeydown: key });
  picker = new Listbox(entry, {
    className: "picker", label: "Commands", testid: "command-picker", chosen: begin,
    render: (one) =>
      h("span", {}, h("b", {}, `/${one.path} `), h("span", { className: "hints" }, one.options.filter((option) => option.required).map((option) => option.name).join("  ")), h("small", {}, one.description)),
  });
  const input = h("input", { type: "file", multiple: true, hidden: true, onchange: () => { setFiles([...files, ...input.files]); input.value = ""; entry.focus(); } });
  drafts = h("div", { className: "drafts", hidden: true });
  replying = h("div", { className: "replying", hidden: true });
  box = h(
    "div",
    {},
    replying,
    drafts,
    h("div", { className: "entry-box" }, iconButton("plus", "Add files", { onclick: () => input.click() }), entry, iconButton("send", "Send", { onclick: sendText, dataset: { testid: "send" } })),
    input,
  );
  root.append(picker.element, box);
  entry.addEventListener("blur", () => picker.hide());
  entry.addEventListener("focus", offer);
  entry.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    setFiles([...files, ...event.clipboardData.files]);
  });
  root.addEventListener("dragover", (event) => { event.preventDefault(); root.classList.add("over"); });
  root.addEventListener("dragleave", () => root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("over");
    if (!box.hidden) setFiles([...files, ...event.dataTransfer.files]);
  });
  document.addEventListener("reply", (event) => setReply(event.detail));
  document.addEventListener("command", (event) => {
    const found = callable().find((one) => one.path === event.detail);
    if (found) begin(found);
  });
  // Typing anywhere begins a message, as people expect of a chat.
  document.addEventListener("keydown", (event) => {
    const isElsewhere = document.activeElement === document.body || document.activeElement?.id === "history";
    if (isElsewhere && !box.hidden && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) entry.focus();
  });
}
