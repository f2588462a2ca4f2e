// Requests that wait for the one before them. Nothing of them has been sent, so each can be
// cancelled. They are kept for this tab, also over a reload.

import { find, make } from "./dom.js";
import { tabStorage } from "./storage.js";

const NAME = "image-generator-queue";
const list = find("#queue");
let waiting = load();

function load() {
  try {
    return JSON.parse(tabStorage.load(NAME) ?? "[]").filter((body) => body?.prompt);
  } catch {
    return []; // not written by this page
  }
}

function store(changed) {
  waiting = changed;
  tabStorage.save(NAME, waiting.length ? JSON.stringify(waiting) : null);
  show();
}

/** Append a request's body. */
export const enqueue = (body) => store([...waiting, body]);

/** Remove and return the first body, or return undefined. */
export function next() {
  const [first] = waiting;
  if (first) store(waiting.slice(1));
  return first;
}

export const isEmpty = () => !waiting.length;

/** Show the waiting requests. */
export function show() {
  find("#queue-section").hidden = !waiting.length;
  list.replaceChildren(...waiting.map((body) => {
    const count = body.n > 1 ? ` (${body.n} images)` : "";
    const cancel = make("button", { type: "button", className: "small", "aria-label": `Cancel: ${body.prompt}` }, "Cancel");
    cancel.addEventListener("click", () => {
      store(waiting.filter((other) => other !== body));
      find("#prompt").focus();
    });
    return make("li", {}, make("span", { dir: "auto" }, body.prompt + count), cancel);
  }));
}
