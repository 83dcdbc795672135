// One short question of the page itself, such as a thread's name.

import { h } from "./dom.js";
import { iconButton } from "./icons.js";
import * as phrase from "./phrases.js";

const dialog = document.getElementById("modal");

// `answered(text)` does what was asked for; what it throws is said here, and the question stays.
export function ask({ title, label, value = "", action, most = 100 }, answered) {
  const input = h("input", { type: "text", id: "asked", className: "field", maxLength: most, autocomplete: "off", required: true, dataset: { testid: "asked" } });
  input.value = value;
  const why = h("p", { className: "why", role: "alert", hidden: true });
  const form = h(
    "form",
    {},
    h("div", { className: "top" }, h("h2", { id: "modal-title" }, title), iconButton("close", phrase.close, { onclick: () => dialog.close() })),
    h("div", { className: "inside" }, h("div", { className: "ask" }, h("label", { for: "asked" }, label), input, why)),
    h("div", { className: "bottom" }, h("button", { type: "button", className: "button quiet", onclick: () => dialog.close() }, phrase.cancel), h("button", { type: "submit", className: "button primary", dataset: { testid: "ask-submit" } }, action)),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await answered(input.value.trim());
      dialog.close();
    } catch (error) {
      why.textContent = error.message;
      why.hidden = false;
    }
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  input.select();
}
