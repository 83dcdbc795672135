// Talking to the local Discord's control API as the person at this page.

import * as phrase from "./phrases.js";

export const PERSON = new URLSearchParams(location.search).get("person") ?? "you";
const BASE = `/local/people/${encodeURIComponent(PERSON)}`;

async function ask(method, path, body) {
  const options = { method };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  let response;
  try {
    response = await fetch(BASE + path, options);
  } catch {
    throw new Error(phrase.notRunning);
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(inWords(answer));
  return answer;
}

// Discord's errors name the field in a tree; people want the sentence.
function inWords(answer) {
  const sentences = [];
  const walk = (node) => {
    for (const [key, value] of Object.entries(node ?? {})) {
      if (key === "_errors") sentences.push(...value.map((error) => error.message));
      else walk(value);
    }
  };
  walk(answer.errors);
  return sentences.join(" ") || answer.message;
}

function form(body, files) {
  const data = new FormData();
  data.append("payload_json", JSON.stringify(body));
  files.forEach((file, index) => data.append(`files[${index}]`, file, file.name));
  return data;
}

export const lookAround = () => ask("GET", "");
export const readChannel = (channel, before) =>
  ask("GET", `/channels/${channel}/messages?limit=50${before ? `&before=${before}` : ""}`);
export const listCommands = (channel) => ask("GET", `/channels/${channel}/commands`);
export const write = (channel_id, text, files, reply_to) =>
  ask("POST", "/messages", form({ channel_id, text, ...(reply_to ? { reply_to } : {}) }, files));
export const upload = (channel_id, file) => ask("POST", "/attachments", form({ channel_id }, [file]));
export const call = (channel_id, name, values) => ask("POST", "/calls", { channel_id, name, values });
export const suggest = (channel_id, name, values, focused) =>
  ask("POST", "/autocomplete", { channel_id, name, values, focused });
export const useMenu = (channel_id, name, target) => ask("POST", "/menus", { channel_id, name, ...target });
export const press = (channel_id, message_id, custom_id, values) =>
  ask("POST", "/presses", { channel_id, message_id, custom_id, ...(values ? { values } : {}) });
export const submit = (interaction_id, values) => ask("POST", "/modals", { interaction_id, values });
export const dismiss = (channel, message) => ask("DELETE", `/channels/${channel}/messages/${message}`);
export const rewrite = (channel, message, text) => ask("PATCH", `/channels/${channel}/messages/${message}`, { text });
export const react = (channel, message, emoji, isWanted) =>
  ask(isWanted ? "PUT" : "DELETE", `/channels/${channel}/messages/${message}/reactions/${encodeURIComponent(emoji)}`);
export const pin = (channel, message, isWanted) => ask(isWanted ? "PUT" : "DELETE", `/channels/${channel}/messages/${message}/pin`);
export const listPins = (channel) => ask("GET", `/channels/${channel}/pins`);
export const openDm = (user_id) => ask("POST", "/dm", user_id ? { user_id } : {});
export const startThread = (channel_id, name, message_id) =>
  ask("POST", "/threads", { channel_id, name, ...(message_id ? { message_id } : {}) });
export const changeThread = (thread, change) => ask("PATCH", `/threads/${thread}`, change);
export const joinThread = (thread) => ask("PUT", `/threads/${thread}/membership`);
export const leaveThread = (thread) => ask("DELETE", `/threads/${thread}/membership`);
export const install = (isWanted) => ask(isWanted ? "PUT" : "DELETE", "/installation");

const PAUSE = 1500; // milliseconds before a line that broke is tried again

// Calls `heard` for every event and `connected(true or false)` as the line comes and goes.
export function listen(heard, connected) {
  const stream = new EventSource(`${BASE}/events`);
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.onopen = () => connected(true);
  stream.onerror = () => {
    // Some browsers try again by themselves, and none does after every kind of error.
    stream.close();
    connected(false);
    setTimeout(() => listen(heard, connected), PAUSE);
  };
}
