// Stop waiting for a request. What was sent can't be called back: it goes on out of sight, and keeps
// its key until its end is known.

import { find } from "./dom.js";
import { isFinal } from "./generation.js";
import { errorMessage } from "./messages.js";
import * as pending from "./pending.js";
import { addNewest } from "./recent.js";
import { server } from "./server.js";
import { notify } from "./toasts.js";

const button = find("#leave");

/** Listens to a request that is out of sight: its images are shown among the newest. */
export const BACKGROUND = { progress() {}, partial() {}, image: addNewest, failure() {}, waiting() {} };
export const LEFT = Symbol("left");

export const LEFT_MESSAGE = server.free
  ? "No longer waiting. The image will appear in the gallery."
  : "No longer waiting. The image is still being paid for; it will appear in the gallery.";

/** Offer to stop waiting; resolve to `LEFT` when the user does. */
export function left() {
  button.hidden = false;
  return new Promise((resolve) => { button.onclick = () => resolve(LEFT); });
}

/** End the offer. */
export function hideLeaving() {
  if (document.activeElement === button) find("#prompt").focus();
  button.hidden = true;
}

/** Wait for the result of a request that was left, `work`, and report it. */
export async function follow(request, work) {
  try {
    const { images } = await work;
    pending.end(request);
    images.forEach(addNewest);
    notify(`Ready: ${request.body.prompt}`);
  } catch (error) {
    if (isFinal(error)) pending.end(request);
    notify(errorMessage(error));
  }
}
