// The page that generates images: requests one after the other, their progress and results.

import { call } from "./api.js";
import { deleteAllSoon } from "./deletion.js";
import { find } from "./dom.js";
import { fillForm, requestBody, showBudget, usePrompt } from "./form.js";
import { generate, isFinal } from "./generation.js";
import { remember } from "./history.js";
import { pageOf } from "./images.js";
import { NoKey } from "./key.js";
import { BACKGROUND, follow, hideLeaving, left, LEFT, LEFT_MESSAGE } from "./leaving.js";
import { errorMessage, money, stepMessage } from "./messages.js";
import { followOldLink } from "./old_links.js";
import { addOwnImages, uploadForm } from "./own_image.js";
import * as pending from "./pending.js";
import { recordDuration, startClock } from "./progress.js";
import * as queue from "./queue.js";
import { addNewest, loadRecent, removeCards } from "./recent.js";
import { addShortcuts } from "./shortcuts.js";
import { addBackdropPicker, addChoices, beginImages, clearStage, showCandidate, showFailure, showPreview } from "./stage.js";
import { hideRetry, offerRetry, setStatus, showCountdown } from "./state.js";
import { notify } from "./toasts.js";

const form = find("#generate-form");
const submit = find("#generate");
const openLink = find("#open-result");
const regenerate = find("#regenerate");
const resume = find("#resume");
const suggestButton = find("#suggest");
let running = false;
let lastBody = null;

const listener = {
  progress: ({ step }) => setStatus(`${stepMessage(step)} …`),
  partial: ({ index, partial_index: part, image }) => showPreview(part === undefined ? 0 : index, image),
  image: (image) => {
    showCandidate(image.index, image);
    addNewest(image);
  },
  failure: (failure) => showFailure(failure.index, errorMessage(failure)),
  waiting: (seconds, error) => {
    const reason = error.code === "generation_in_progress" ? "Still being generated."
      : error.code ? errorMessage(error, { withTime: false }) : "Reconnecting …";
    setStatus(`${reason} You won't be charged twice.`, "warning");
    showCountdown(seconds);
  },
};

function submitPrompt() {
  if (running) {
    queue.enqueue(requestBody());
    notify("Added to the queue.");
  } else {
    start(requestBody());
  }
}

function start(body) {
  setStatus("Starting …");
  remember(body.prompt);
  find("#stage").scrollIntoView({ block: "nearest" }); // on phones it can be out of sight
  run(pending.begin(body));
}

function startNext() {
  resume.hidden = true;
  const body = queue.next();
  if (body) start(body);
}

/** Go on with the request that ran when the page was left, in this tab or another one. */
function rejoin() {
  const request = pending.running();
  if (request) {
    fillForm(request.body);
    setStatus("Looking for your image …");
    run(request, { rejoined: true });
  } else {
    resume.hidden = queue.isEmpty();
  }
}

function begin(count) {
  running = true;
  submit.textContent = "Add to queue";
  openLink.hidden = regenerate.hidden = true;
  hideRetry();
  beginImages(count);
}

function end() {
  running = false;
  hideLeaving();
  submit.textContent = "Generate";
  resume.hidden = queue.isEmpty();
}

async function run(request, { rejoined = false } = {}) {
  const { body } = request;
  lastBody = body;
  begin(body.n ?? 1);
  const stopClock = startClock(request.began, body);
  const feed = { ...listener };
  const work = generate(body, request.key, feed);
  try {
    const result = await Promise.race([work, left()]);
    const seconds = stopClock();
    if (result === LEFT) {
      Object.assign(feed, BACKGROUND);
      pending.stop(request);
      clearStage();
      setStatus(LEFT_MESSAGE, "warning");
      if (!queue.isEmpty()) notify(LEFT_MESSAGE); // the status will be that of the next one
      end();
      startNext();
      await follow(request, work);
      showBudget();
      return;
    }
    pending.end(request);
    if (!rejoined && !result.retried) recordDuration(body, seconds);
    showResult(result, seconds);
    end();
    startNext();
  } catch (error) {
    stopClock();
    if (isFinal(error)) pending.end(request);
    else if (!(error instanceof NoKey)) pending.stop(request);
    clearStage();
    setStatus(errorMessage(error, { withTime: false }), "error");
    offerRetry(error, isFinal(error), () => start(body));
    end();
  }
  showBudget();
}

function showResult({ images, failures, retried }, seconds) {
  images.forEach((image) => listener.image(image));
  failures.forEach((failure) => listener.failure(failure));
  if (images.length === 1) {
    openLink.href = pageOf(images[0]);
    openLink.hidden = false;
  } else {
    addChoices((index) => keepOnly(images.find((image) => image.index === index), images));
  }
  regenerate.hidden = false;
  const all = images.length + failures.length;
  const count = all > 1 ? ` · ${images.length} of ${all} images` : "";
  const total = images.reduce((sum, image) => (image.cost_usd === null ? null : sum + image.cost_usd), 0);
  const label = { offline: "Free (demo)", replay: "Free (replay)" }[images[0].provider] ?? money(total);
  const note = retried ? " Reconnected. You were charged once." : "";
  setStatus(`Done in ${seconds.toFixed(1)} s${count} · ${label}.${note}`, failures.length ? "warning" : "good");
}

/** Delete the other images; that can be undone. */
function keepOnly(kept, images) {
  const others = images.filter((image) => image !== kept);
  beginImages(1);
  showCandidate(0, kept);
  openLink.href = pageOf(kept);
  openLink.hidden = false;
  removeCards(others);
  deleteAllSoon(others, addNewest);
}

/** Cut out an image of the user's own. */
async function useOwnImage(file) {
  if (running) {
    notify("Your image can be added when this one is ready.");
    return;
  }
  begin(1);
  setStatus("Removing the background …");
  try {
    const image = await call("images", { method: "POST", body: uploadForm(file) });
    listener.image({ ...image, index: 0 });
    openLink.href = pageOf(image);
    openLink.hidden = false;
    setStatus("Background removed · Free.", "good");
  } catch (error) {
    clearStage();
    setStatus(errorMessage(error), "error");
  }
  end();
  startNext();
}

async function suggestPrompt() {
  suggestButton.disabled = true;
  try {
    const { prompts } = await call("generate-prompts?count=1");
    usePrompt(prompts[0]);
    setStatus("");
  } catch (error) {
    setStatus(errorMessage(error), "error");
  } finally {
    suggestButton.disabled = false;
  }
}

addBackdropPicker();
addOwnImages(useOwnImage);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submitPrompt();
});
regenerate.addEventListener("click", () => start(lastBody));
resume.addEventListener("click", startNext);
suggestButton.addEventListener("click", suggestPrompt);
find("#examples").addEventListener("click", (event) => {
  const example = event.target.closest("button");
  if (example) usePrompt(example.dataset.prompt);
});
addShortcuts([
  { keys: ["/"], label: "Go to the prompt", run: () => find("#prompt").focus() },
  { keys: ["Enter"], label: "Generate; Shift+Enter for a new line" },
]);
submit.disabled = suggestButton.disabled = false;
const wanted = new URLSearchParams(location.search).get("prompt");
if (wanted) usePrompt(wanted);
followOldLink();
queue.show();
rejoin();
loadRecent();
