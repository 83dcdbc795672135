// Faces, names and times.

import { h } from "./dom.js";
import * as phrase from "./phrases.js";
import { nameOf, state } from "./state.js";

const HUES = [18, 200, 140, 275, 330, 48, 240, 95];

export function avatar(user, size = "") {
  if (user.id === state.around.bot.id) {
    return h("span", { className: `avatar ${size}`, "aria-hidden": "true" }, h("img", { src: "/page/flame.svg", alt: "" }));
  }
  return h(
    "span",
    { className: `avatar ${size}`, "aria-hidden": "true", style: `background:${tint(user.id)}` },
    nameOf(user).slice(0, 1).toUpperCase(),
  );
}

// A colour of one's own, dark enough for white letters.
export function tint(id) {
  return `hsl(${HUES[Number(BigInt(id) % BigInt(HUES.length))]} 45% 34%)`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const short = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export function timeOf(timestamp, { isShort = false } = {}) {
  const date = new Date(timestamp);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  const name = days === 0 ? phrase.today : days === 1 ? phrase.yesterday : `${day.format(date)}, `;
  const text = isShort ? short.format(date) : name + clock.format(date);
  return h("time", { datetime: timestamp, title: full.format(date) }, text);
}

export const dayOf = (timestamp) => day.format(new Date(timestamp));

const STYLES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};
const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]];

// A <t:…> mark; those of style R are kept up to date by keepTimes.
export function timeMark(seconds, style = "f") {
  const date = new Date(seconds * 1000);
  const text = style === "R" ? fromNow(seconds) : new Intl.DateTimeFormat(undefined, STYLES[style] ?? STYLES.f).format(date);
  return h("time", { datetime: date.toISOString(), title: full.format(date), dataset: style === "R" ? { relative: seconds } : {} }, text);
}

function fromNow(seconds) {
  const left = seconds - Date.now() / 1000;
  const [unit, size] = UNITS.find(([, length]) => Math.abs(left) >= length) ?? UNITS.at(-1);
  return relative.format(Math.round(left / size), unit);
}

export function keepTimes() {
  setInterval(() => {
    for (const mark of document.querySelectorAll("time[data-relative]")) {
      mark.textContent = fromNow(Number(mark.dataset.relative));
    }
  }, 1000);
}
