// The line under the stage: what happens, when something is tried again, and the button for that.

import { find } from "./dom.js";
import { NoKey } from "./key.js";
import { duration } from "./messages.js";

const status = find("#status");
const countdown = find("#countdown");
const retry = find("#retry");
let timer = null;
let again = () => {};

/** Show a text; the tone is "", "good", "warning" or "error". */
export function setStatus(text, tone = "") {
  status.textContent = text;
  status.dataset.tone = tone;
  stopCountdown();
}

function stopCountdown() {
  clearInterval(timer);
  countdown.textContent = "";
}

/** Count down; call `tick` with the seconds left, and with 0 in the end. */
function count(seconds, tick) {
  stopCountdown();
  const end = Date.now() + 1000 * seconds;
  const show = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (!left) stopCountdown();
    tick(left);
  };
  show();
  timer = setInterval(show, 250);
}

/** Show when something is tried again by itself. The status line is not changed: it is read aloud. */
export function showCountdown(seconds) {
  count(seconds, (left) => { countdown.textContent = left ? `Next try in ${duration(left)}.` : ""; });
}

/** Offer to try again after an error: when the server allows it, if it says when. */
export function offerRetry(error, isFinal, run) {
  hideRetry();
  if (error.code === "prompt_rejected" || error.code === "forbidden") return; // it would fail again
  const label = error instanceof NoKey ? "Enter API key" : isFinal ? "Generate again" : "Try again";
  again = run;
  retry.hidden = false;
  retry.textContent = label;
  if (!error.retryAfter) return;
  count(error.retryAfter, (left) => {
    retry.disabled = left > 0;
    retry.textContent = left ? `${label} in ${duration(left)}` : label;
  });
}

export function hideRetry() {
  stopCountdown();
  retry.hidden = true;
  retry.disabled = false;
}

retry.addEventListener("click", () => {
  hideRetry();
  again();
});
