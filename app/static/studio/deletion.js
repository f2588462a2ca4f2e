// Deleting with a way back: hidden at once, sent to the server a little later.

import { call, Failure } from "./api.js";
import { currentKey } from "./key.js";
import { pathOf } from "./images.js";
import { note } from "./toasts.js";
import { inWords } from "./messages.js";

const SECONDS = 7;
const waiting = new Map(); // id of the timer, by the picture's path

/** Delete a picture unless that is undone in time; `bringBack` is called if it stays. */
export function deleteSoon(image, bringBack) {
  const path = pathOf(image);
  const timer = setTimeout(() => send(path, bringBack), 1000 * SECONDS);
  waiting.set(path, timer);
  const undo = () => {
    clearTimeout(timer);
    waiting.delete(path);
    bringBack();
  };
  note("Picture deleted.", { seconds: SECONDS - 0.5, action: { label: "Undo", work: undo } });
}

export const isBeingDeleted = (image) => waiting.has(pathOf(image));

async function send(path, bringBack) {
  waiting.delete(path);
  try {
    await call(path, { method: "DELETE" });
  } catch (error) {
    if (error instanceof Failure && error.code === "image_not_found") return;
    bringBack();
    note(`The picture is still there. ${inWords(error)}`);
  }
}

// Who leaves the page has not undone it; keepalive lets the request outlive the page.
addEventListener("pagehide", () => {
  const key = currentKey();
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  for (const [path, timer] of waiting) {
    clearTimeout(timer);
    fetch(path, { method: "DELETE", headers, keepalive: true });
  }
  waiting.clear();
});
