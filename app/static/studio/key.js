// The API key, kept for this tab or, if the user chooses so, on this device; in memory alone if
// the browser keeps nothing.

import { find } from "./dom.js";
import { siteStorage, tabStorage } from "./storage.js";

const NAME = "image-generator-key";
const dialog = find("#key-dialog");
const form = find("#key-form");
let key = tabStorage.load(NAME) ?? siteStorage.load(NAME) ?? "";
let prompting = null;

export class NoKey extends Error {}

export const currentKey = () => key;

export function askForKey(rejectedKey) {
  if (key !== rejectedKey) return Promise.resolve(); // it has been changed
  prompting ??= promptForKey(Boolean(rejectedKey)).finally(() => { prompting = null; });
  return prompting;
}

function changeKey() {
  promptForKey(false).catch(() => {}); // cancelled: the current key stays
}

function promptForKey(rejected) {
  find("#key-rejected").hidden = !rejected;
  form.reset();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve, reject) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "use") return reject(new NoKey());
      store(form.elements.key.value.trim(), form.elements.device.checked);
      form.reset(); // clears the field
      resolve();
    }, { once: true });
  });
}

function store(text, onDevice) {
  key = text;
  tabStorage.save(NAME, key);
  siteStorage.save(NAME, onDevice ? key : null);
  document.dispatchEvent(new Event("key-changed"));
}

find("#change-key")?.addEventListener("click", changeKey);
