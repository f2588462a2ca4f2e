// Editing with words: a new image of this one, made by the image model.

import { call, ConnectionLost, postOptions } from "../api.js";
import { debounce, find } from "../dom.js";
import { generate, newKey } from "../generation.js";
import { duration, errorMessage, money, stepMessage } from "../messages.js";
import { server, urlOf } from "../server.js";
import { siteStorage } from "../storage.js";
import { target } from "./target.js";

const NAME = `image-generator-edit-${target.id}`;
const PATH = `images/${target.filename}/edits`;
const UNFINISHED = new Set(["generation_in_progress", "busy", "shutting_down", "storage_unavailable", "records_unavailable"]);

/** Set up the form. A request that was interrupted is sent with its key again, and paid for once. */
export function setUpWords() {
  const form = find("#words-form");
  const field = find("#words");
  const button = find("#words-submit");
  const status = find("#words-status");
  const say = (text, tone = "") => {
    status.textContent = text;
    status.dataset.tone = tone;
  };

  const estimate = debounce(600, async () => {
    const prompt = field.value.trim();
    if (!prompt || button.disabled) return;
    try {
      const { estimate_usd: dollars } = await call(PATH, postOptions({ prompt, dry_run: true }));
      if (!button.disabled) say(server.free ? "Free" : dollars === null ? "Price unavailable" : `Up to ${money(dollars)}`);
    } catch {
      say(""); // sending the request shows what is wrong
    }
  });

  async function submit() {
    const prompt = field.value.trim();
    if (!prompt) return say("Enter a prompt first.", "error");
    const pending = read();
    const key = pending?.prompt === prompt ? pending.key : newKey();
    siteStorage.save(NAME, JSON.stringify({ prompt, key }));
    button.disabled = true;
    say("Starting …");
    const listener = {
      progress: ({ step }) => say(`${stepMessage(step)} …`),
      partial() {},
      image() {},
      failure() {},
      waiting: (seconds) => say(`Reconnecting in ${duration(seconds)}. You won't be charged twice.`),
    };
    try {
      const { images } = await generate({ prompt }, key, listener, PATH);
      siteStorage.save(NAME, null);
      location.assign(urlOf(`p/${images[0].filename.replace(/\.png$/, "")}`));
    } catch (error) {
      // The key of what may still be going on is kept for the next try.
      if (!(error instanceof ConnectionLost || UNFINISHED.has(error.code))) siteStorage.save(NAME, null);
      say(errorMessage(error), "error");
      button.disabled = false;
    }
  }

  field.addEventListener("input", estimate);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  const pending = read();
  if (pending) {
    field.value = pending.prompt;
    say("This edit was interrupted. Send it again: you won't be charged twice.");
  }
}

function read() {
  try {
    const found = JSON.parse(siteStorage.load(NAME));
    return typeof found?.prompt === "string" && typeof found.key === "string" ? found : null;
  } catch {
    return null;
  }
}
