// The API key: in this page's memory, and in the tab's session if the person wants that.

import { find } from "./dom.js";

const NAME = "image-generator-key";
const dialog = find("#key-dialog");
const form = find("#key-form");
let key = sessionStorage.getItem(NAME) ?? "";
let asking = null;

export class NoKey extends Error {}

export const currentKey = () => key;

export function askForKey(refused) {
  if (key !== refused) return Promise.resolve(); // another call has asked meanwhile
  asking ??= ask(Boolean(refused)).finally(() => { asking = null; });
  return asking;
}

export function changeKey() {
  ask(false).catch(() => {}); // who gives none keeps the one before
}

function ask(wasRefused) {
  find("#key-refused").hidden = !wasRefused;
  form.reset();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve, reject) => {
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "use") return reject(new NoKey());
      keep(form.elements.key.value.trim(), form.elements.session.checked);
      form.reset(); // the field holds it no longer
      resolve();
    }, { once: true });
  });
}

function keep(text, inSession) {
  key = text;
  if (inSession) sessionStorage.setItem(NAME, key);
  else sessionStorage.removeItem(NAME);
  document.dispatchEvent(new Event("key-changed"));
}
