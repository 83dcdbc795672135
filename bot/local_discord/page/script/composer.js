// The box at the bottom: text, files, replies, and the way into commands.

import * as api from "./api.js";
import { CommandForm } from "./command.js";
import { callable, fitting } from "./commands.js";
import { h } from "./dom.js";
import { toEnd, toLastMessage } from "./history.js";
import { icon, iconButton } from "./icons.js";
import { Listbox } from "./listbox.js";
import { named, Names } from "./names.js";
import { say } from "./notice.js";
import * as phrase from "./phrases.js";
import { sizeOf } from "./pictures.js";
import { channel, channelName, guild, isThread, mayWrite, nameOf, state } from "./state.js";

const root = document.getElementById("composer");
const MOST_FILES = 10;
let files = [];
let entry, drafts, replying, box, picker, names;
let editing = null; // the own message that is being written anew

export function draw() {
  const one = channel();
  if (state.replyTo && state.replyTo.channel_id !== one.id) setReply(null);
  if (editing && editing.channel_id !== one.id) setEditing(null);
  const place = isThread(one) || !one.name ? channelName(one) : `#${one.name}`;
  entry.placeholder = mayWrite() ? phrase.messageTo(place) : phrase.mayNotWrite;
  entry.setAttribute("aria-label", entry.placeholder);
}

// Where there is a keyboard, one may write at once.
export function focus() {
  if (matchMedia("(pointer: fine)").matches && !box.hidden) entry.focus();
}

function offer() {
  const typed = entry.value;
  if (!typed.startsWith("/") || typed.includes("\n")) {
    picker.hide();
    return names.offer();
  }
  names.hide();
  const wanted = typed.slice(1).toLowerCase();
  const exact = callable().find((one) => `${one.path} ` === wanted);
  if (exact) return begin(exact);
  const empty = callable().length ? phrase.noSuchCommand : phrase.noCommands;
  return picker.show(fitting(wanted.trim()), { heading: nameOf(state.around.bot), empty });
}

// There are other commands than when one began to type.
export function offerAgain() {
  if (picker.isOpen) offer();
}

// Puts the command's form in the place of the text box.
export function begin(command, values = {}) {
  entry.value = "";
  picker.hide();
  const form = new CommandForm(command, values, () => {
    form.element.remove();
    box.hidden = false;
    entry.focus();
    toEnd();
  });
  root.querySelector(".command")?.remove();
  box.hidden = true;
  root.append(form.element);
  form.focus();
  toEnd();
}

async function sendText() {
  const words = named(entry.value.trim());
  if (!words && !files.length) return;
  if (editing) return sendEdited(words);
  const held = { words: entry.value, files, replyTo: state.replyTo };
  entry.value = "";
  setFiles([]);
  if (held.replyTo) setReply(null);
  try {
    await api.write(state.channelId, words, held.files, held.replyTo?.id);
    toEnd();
  } catch (error) {
    entry.value = held.words;
    setFiles(held.files);
    if (held.replyTo) setReply(held.replyTo);
    say(error.message);
  }
}

async function sendEdited(words) {
  try {
    await api.rewrite(editing.channel_id, editing.id, words);
    setEditing(null);
  } catch (error) {
    say(error.message);
  }
}

function setFiles(wanted) {
  if (wanted.length > MOST_FILES) say(phrase.mostFiles(MOST_FILES));
  const limit = guild()?.attachment_size_limit;
  const tooLarge = wanted.find((file) => limit && file.size > limit);
  if (tooLarge) say(phrase.tooLarge(tooLarge.name, sizeOf(limit)));
  files = wanted.filter((file) => file !== tooLarge).slice(0, MOST_FILES);
  drafts.replaceChildren(...files.map(draft));
  drafts.hidden = !files.length;
}

function draft(file) {
  return h(
    "div",
    { className: "draft", dataset: { testid: "draft" } },
    file.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file"),
    h("span", {}, file.name, h("small", {}, sizeOf(file.size))),
    iconButton("close", phrase.takeOut(file.name), { onclick: () => { setFiles(files.filter((one) => one !== file)); entry.focus(); } }),
  );
}

function setReply(message) {
  if (editing) setEditing(null);
  state.replyTo = message;
  above(message && phrase.replyingTo(h("b", {}, nameOf(message.author))), phrase.doNotReply, () => setReply(null));
}

function setEditing(message) {
  if (state.replyTo) setReply(null);
  editing = message;
  entry.value = message?.content ?? "";
  above(message && [phrase.writingAnew], phrase.leaveAsItWas, () => setEditing(null));
}

// A line above the box says what the next Enter is for.
function above(words, cancel, onclick) {
  replying.hidden = !words;
  if (words) replying.replaceChildren(h("span", {}, words), iconButton("close", cancel, { onclick }));
  entry.focus();
}

function key(event) {
  if (picker.key(event) || names.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    sendText();
  } else if (event.key === "Escape") editing ? setEditing(null) : state.replyTo && setReply(null);
  else if (event.key === "ArrowUp" && !entry.value) {
    event.preventDefault();
    toLastMessage();
  }
}

function commandElement(one) {
  const required = one.options.filter((option) => option.required).map((option) => option.name);
  const others = one.options.length - required.length;
  const more = others ? phrase.moreOptional(others) : "";
  return h("span", {}, h("b", {}, `/${one.path} `), h("span", { className: "hints" }, required.map((name) => h("i", {}, name)), more), h("small", {}, one.description));
}

function build() {
  entry = h("textarea", { id: "entry", rows: "1", maxLength: 2000, autocomplete: "off", spellcheck: true, dataset: { testid: "entry" }, oninput: offer, onkeydown: key });
  picker = new Listbox(entry, { className: "picker", label: phrase.commands, testid: "command-picker", chosen: (one) => begin(one), render: commandElement });
  names = new Names(entry);
  const input = h("input", { type: "file", multiple: true, hidden: true, dataset: { testid: "files" }, onchange: () => { setFiles([...files, ...input.files]); input.value = ""; entry.focus(); } });
  drafts = h("div", { className: "drafts", hidden: true });
  replying = h("div", { className: "replying", hidden: true, dataset: { testid: "replying" } });
  const row = h("div", { className: "entry-box" }, iconButton("plus", phrase.addFiles, { onclick: () => input.click() }), entry, iconButton("send", phrase.send, { onclick: sendText, dataset: { testid: "send" } }));
  box = h("div", {}, replying, drafts, row, input);
  root.append(picker.element, names.element, box);
}

// Files may be let go anywhere on the conversation.
function takeDrops() {
  const talk = root.parentElement;
  const over = (isOver) => talk.classList.toggle("over", isOver && !box.hidden);
  talk.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
  talk.addEventListener("dragleave", (event) => !talk.contains(event.relatedTarget) && over(false));
  talk.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    if (!box.hidden) setFiles([...files, ...event.dataTransfer.files]);
  });
  entry.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    setFiles([...files, ...event.clipboardData.files]);
  });
}

export function start() {
  build();
  takeDrops();
  entry.addEventListener("blur", () => { picker.hide(); names.hide(); });
  entry.addEventListener("focus", offer);
  document.addEventListener("reply", (event) => setReply(event.detail));
  document.addEventListener("edit", (event) => setEditing(event.detail));
  document.addEventListener("insert", (event) => {
    entry.setRangeText(event.detail, entry.selectionStart, entry.selectionEnd, "end");
    entry.focus();
  });
  document.addEventListener("command", (event) => {
    const found = callable().find((one) => one.path === event.detail.path);
    if (found) begin(found, event.detail.values);
  });
  // Typing anywhere begins a message, as people expect of a chat.
  document.addEventListener("keydown", (event) => {
    const isElsewhere = document.activeElement === document.body || document.activeElement?.matches("#history, li.message");
    if (isElsewhere && !box.hidden && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) entry.focus();
  });
}
