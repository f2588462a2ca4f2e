// Deletion that can be undone: the card is hidden immediately, the request is sent later.

import { call, Failure } from "./api.js";
import { currentKey } from "./key.js";
import { pathOf } from "./images.js";
import { urlOf } from "./server.js";
import { notify } from "./toasts.js";
import { errorMessage } from "./messages.js";

const SECONDS = 7;
const pending = new Map(); // timer ids by image path

/** Delete an image after a delay. `restore` is called if the deletion is undone or fails. */
export function deleteSoon(image, restore) {
  const path = pathOf(image);
  const timer = setTimeout(() => send(path, restore), 1000 * SECONDS);
  pending.set(path, timer);
  const undo = () => {
    clearTimeout(timer);
    pending.delete(path);
    restore();
  };
  notify("Image deleted.", { seconds: SECONDS - 0.5, action: { label: "Undo", run: undo } });
}

export const isPendingDeletion = (image) => pending.has(pathOf(image));

async function send(path, restore) {
  pending.delete(path);
  try {
    await call(path, { method: "DELETE" });
  } catch (error) {
    if (error instanceof Failure && error.code === "image_not_found") return;
    restore();
    notify(`The image was not deleted. ${errorMessage(error)}`);
  }
}

// Leaving the page doesn't undo a deletion; keepalive lets the request outlive the page.
addEventListener("pagehide", () => {
  const key = currentKey();
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  for (const [path, timer] of pending) {
    clearTimeout(timer);
    fetch(urlOf(path), { method: "DELETE", headers, keepalive: true });
  }
  pending.clear();
});
