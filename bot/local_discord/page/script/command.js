// A slash command being filled in: its required fields at once, the others as one asks for them.

import * as api from "./api.js";
import { h } from "./dom.js";
import { hintOf, makeField } from "./fields.js";
import { iconButton } from "./icons.js";
import * as phrase from "./phrases.js";
import { rove, settle } from "./roving.js";
import { claim, state } from "./state.js";

const STRING = 3, ATTACHMENT = 11;

export class CommandForm {
  // `path` is the full name with subcommands; `values` is filled in already; `done` is called when it was sent or given up.
  constructor({ path, description, options }, values, done) {
    this.name = path;
    this.options = options;
    this.done = done;
    this.fields = new Map();
    this.grid = h("div", { className: "fields" });
    this.more = h("div", { className: "more", role: "group", "aria-label": phrase.moreOptions });
    this.complaint = h("p", { className: "complaint", role: "alert", hidden: true, dataset: { testid: "complaint" } });
    this.send = h("button", { type: "submit", className: "button primary", dataset: { testid: "send-command" } }, phrase.send);
    this.element = h(
      "form",
      { className: "command", "aria-label": phrase.commandForm(path), novalidate: true, dataset: { testid: "command-form" }, onsubmit: (event) => this.submit(event), onkeydown: (event) => this.key(event) },
      h("div", { className: "title" }, h("b", {}, `/${path}`), h("span", {}, description), iconButton("close", phrase.cancelCommand, { onclick: () => done(), dataset: { testid: "cancel-command" } })),
      this.grid,
      this.complaint,
      h("div", { className: "foot" }, this.more, this.send),
    );
    this.element.addEventListener("paste", (event) => this.paste(event));
    rove(this.more, "button", ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);
    for (const option of options) if (option.required || option.name in values) this.add(option);
    for (const [name, value] of Object.entries(values)) this.fields.get(name)?.set(value);
    this.offer();
  }

  focus() {
    const [first] = this.fields.values();
    (first ?? this.send).focus();
  }

  add(option) {
    const id = `option-${option.name}`;
    const field = makeField(option, id, this);
    const why = h("p", { className: "why", role: "alert", hidden: true });
    const wide = option.type === STRING && !option.choices?.length && !option.autocomplete ? "wide" : "";
    const box = h(
      "div",
      { className: `option ${wide}`.trim() },
      h("label", { for: id }, option.name, option.required ? h("span", { className: "star", title: phrase.required }, "*") : null, h("small", { title: option.description }, option.description)),
      field.element,
      why,
      option.required ? null : iconButton("close", phrase.leaveOut(option.name), { className: "icon-button remove", onclick: () => this.remove(option.name) }),
    );
    box.addEventListener("input", () => this.complain(field, null));
    box.addEventListener("chosen", () => this.complain(field, null));
    Object.assign(field, { option, box, why });
    this.fields.set(option.name, field);
    this.grid.append(box);
    return field;
  }

  remove(name) {
    this.fields.get(name).box.remove();
    this.fields.delete(name);
    this.offer();
    this.focus();
  }

  offer() {
    const left = this.options.filter((option) => !this.fields.has(option.name));
    this.more.replaceChildren(
      ...left.map((option) =>
        h("button", {
          type: "button", title: [option.description, hintOf(option)].filter(Boolean).join(" · "), dataset: { testid: `add-${option.name}` },
          onclick: () => {
            this.add(option).focus();
            this.offer();
          },
        }, phrase.add(option.name)),
      ),
    );
    settle(this.more, "button");
  }

  // What can be said already, for suggestions: values that would not be sent are left out.
  sofar() {
    const values = {};
    for (const [name, field] of this.fields) {
      if (field.option.type === ATTACHMENT) continue;
      try {
        const value = field.value();
        if (value !== undefined) values[name] = value;
      } catch {
        continue;
      }
    }
    return values;
  }

  complain(field, sentence) {
    field.box.classList.toggle("wrong", Boolean(sentence));
    field.why.textContent = sentence ?? "";
    field.why.hidden = !sentence;
    this.complaint.hidden = true;
  }

  async submit(event) {
    event.preventDefault();
    if (this.send.getAttribute("aria-busy") === "true") return;
    const values = {};
    this.send.setAttribute("aria-busy", "true");
    try {
      for (const [name, field] of this.fields) {
        try {
          const value = await field.value();
          if (value !== undefined) values[name] = value;
        } catch (error) {
          this.complain(field, error.message);
          field.focus();
          return;
        }
      }
      const view = await api.call(state.channelId, this.name, values);
      claim(view);
      this.done();
    } catch (error) {
      this.complaint.textContent = error.message;
      this.complaint.hidden = false;
    } finally {
      this.send.removeAttribute("aria-busy");
    }
  }

  key(event) {
    if (event.key === "Escape") this.done();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("input, textarea")) this.submit(event);
  }

  // A pasted picture goes to the first empty file option, which appears if it has to.
  paste(event) {
    const [file] = event.clipboardData.files;
    if (!file) return;
    const wanted = this.options.find((option) => option.type === ATTACHMENT && (this.fields.get(option.name)?.isEmpty() ?? true));
    if (!wanted) return;
    event.preventDefault();
    (this.fields.get(wanted.name) ?? this.add(wanted)).takeFile(file);
    this.offer();
  }
}
