// What the page itself has to say: a line above the messages, and words for a screen reader.

import * as phrase from "./phrases.js";

const banner = document.getElementById("banner");
const spoken = document.getElementById("spoken");
const A_WHILE = 6000; // milliseconds
let timer;

export function say(sentence, { stays = false } = {}) {
  banner.textContent = sentence;
  banner.hidden = false;
  clearTimeout(timer);
  if (!stays) timer = setTimeout(hush, A_WHILE);
}

export function hush() {
  banner.hidden = true;
}

// Only what is new is read out, not a whole channel when it is opened.
export function speak(words) {
  spoken.textContent = words;
}

export async function copy(words, what) {
  try {
    await navigator.clipboard.writeText(words);
    say(phrase.copied(what));
  } catch {
    say(phrase.noClipboard);
  }
}
