// The prompts of this browser, newest first, to be used again.

import { find, make } from "./dom.js";
import { siteStorage } from "./storage.js";

const NAME = "image-generator-prompts";
const MAX_PROMPTS = 30;
const list = find("#prompts");
const menu = find("#history");

function load() {
  try {
    return JSON.parse(siteStorage.load(NAME) ?? "[]").filter((prompt) => typeof prompt === "string");
  } catch {
    return []; // not written by this page
  }
}

/** Keep a prompt as the newest one. */
export function remember(prompt) {
  const others = load().filter((other) => other !== prompt);
  siteStorage.save(NAME, JSON.stringify([prompt, ...others].slice(0, MAX_PROMPTS)));
  show();
}

/** Call `use` with a prompt that the user chooses. */
export function addHistory(use) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    menu.hidePopover();
    use(button.textContent);
  });
  find("#clear-history").addEventListener("click", () => {
    siteStorage.save(NAME, null);
    menu.hidePopover();
    show();
  });
  show();
}

function show() {
  const prompts = load();
  find("#recall").hidden = !prompts.length;
  list.replaceChildren(...prompts.map((prompt) => make("li", {}, make("button", { type: "button", dir: "auto" }, prompt))));
}
