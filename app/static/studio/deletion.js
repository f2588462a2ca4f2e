// Deletion that can be undone: cards are hidden immediately, the requests are sent later.

import { call, Failure } from "./api.js";
import { currentKey } from "./key.js";
import { pathOf } from "./images.js";
import { urlOf } from "./server.js";
import { notify } from "./toasts.js";
import { errorMessage } from "./messages.js";

const SECONDS = 7;
const pending = new Map(); // timer ids by image path

/** Delete an image after a delay. `restore` is called if the deletion is undone or fails. */
export const deleteSoon = (image, restore) => deleteAllSoon([image], restore);

/** Delete images after a delay. `restore` is called with each whose deletion is undone or fails. */
export function deleteAllSoon(images, restore) {
  for (const image of images) {
    const path = pathOf(image);
    pending.set(path, setTimeout(() => send(path, () => restore(image)), 1000 * SECONDS));
  }
  const undo = () => {
    for (const image of images) {
      const path = pathOf(image);
      if (!pending.has(path)) continue; // sent
      clearTimeout(pending.get(path));
      pending.delete(path);
      restore(image);
    }
  };
  const text = images.length === 1 ? "Image deleted." : `${images.length} images deleted.`;
  notify(text, { seconds: SECONDS - 0.5, action: { label: "Undo", run: undo } });
}

export const isPendingDeletion = (image) => pending.has(pathOf(image));

async function send(path, restore) {
  pending.delete(path);
  try {
    await call(path, { method: "DELETE" });
  } catch (error) {
    if (error instanceof Failure && error.code === "image_not_found") return;
    restore();
    notify(`Couldn't delete this image. ${errorMessage(error)}`);
  }
}

// Leaving the page doesn't undo a deletion; keepalive lets the requests outlive the page.
addEventListener("pagehide", () => {
  const key = currentKey();
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  for (const [path, timer] of pending) {
    clearTimeout(timer);
    fetch(urlOf(path), { method: "DELETE", headers, keepalive: true });
  }
  pending.clear();
});
