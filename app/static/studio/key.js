// The API key, kept in memory and, if the user chooses so and the browser allows it, in session
// storage.

import { find } from "./dom.js";
import { tabStorage } from "./storage.js";

const NAME = "image-generator-key";
const dialog = find("#key-dialog");
const form = find("#key-form");
let key = tabStorage.load(NAME) ?? "";
let prompting = null;

export class NoKey extends Error {}

export const currentKey = () => key;

export function askForKey(rejectedKey) {
  if (key !== rejectedKey) return Promise.resolve(); // it has been changed
  prompting ??= promptForKey(Boolean(rejectedKey)).finally(() => { prompting = null; });
  return prompting;
}

export function changeKey() {
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
      store(form.elements.key.value.trim(), form.elements.session.checked);
      form.reset(); // clears the field
      resolve();
    }, { once: true });
  });
}

function store(text, inSession) {
  key = text;
  tabStorage.save(NAME, inSession ? key : null);
  document.dispatchEvent(new Event("key-changed"));
}
