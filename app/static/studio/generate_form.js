// The generation form, its progress and the result.

import { call, postOptions } from "./api.js";
import { find, debounce } from "./dom.js";
import { generate } from "./generation.js";
import { addNewest } from "./gallery.js";
import { pageOf, plainPath, setImage } from "./images.js";
import { NoKey } from "./key.js";
import * as pending from "./pending.js";
import { server } from "./server.js";
import { addBackdropPicker } from "./stage.js";
import { duration, errorMessage, money, stepMessage } from "./messages.js";

const form = find("#generate-form");
const stage = find("#stage");
const result = find("#result");
const status = find("#status");
const clock = find("#elapsed");
const cost = find("#cost");
const submit = find("#generate");
const suggestButton = find("#suggest");
const estimates = new Map(); // by all options except the prompt, which hardly affects the estimate

function setStatus(text, tone = "") {
  status.textContent = text;
  status.dataset.tone = tone;
}

function requestBody() {
  const fields = new FormData(form);
  const body = {
    prompt: fields.get("prompt"), enhance: fields.has("enhance"), size: fields.get("size"),
    partial_images: Number(fields.get("partials")),
  };
  return fields.get("quality") ? { ...body, quality: fields.get("quality") } : body;
}

function fillForm(body) {
  const { elements } = form;
  elements.prompt.value = body.prompt;
  elements.enhance.checked = body.enhance;
  elements.size.value = body.size;
  elements.quality.value = body.quality ?? "";
  elements.partials.value = String(body.partial_images);
}

/** Start the clock, which shows the time since `began`; return a function that stops it. */
function startClock(began) {
  const tick = () => { clock.textContent = `${((Date.now() - began) / 1000).toFixed(1)} s`; };
  tick();
  const timer = setInterval(tick, 100);
  return () => { tick(); clearInterval(timer); };
}

const listener = {
  progress: ({ step }) => setStatus(`${stepMessage(step)} …`),
  partial: ({ image }) => {
    result.src = image;
    result.alt = "Preview of the image being generated";
    result.hidden = false;
  },
  waiting: (seconds, error) => {
    const reason = error.code ? errorMessage(error) : "The connection was lost.";
    const text = error.code === "generation_in_progress" ? "Still being generated." : reason;
    setStatus(`${text} Retrying in ${duration(seconds)} with the same key, so nothing is charged twice.`, "warning");
  },
};

function submitPrompt() {
  if (submit.getAttribute("aria-disabled") === "true") return;
  setStatus("Sending …");
  stage.scrollIntoView({ block: "nearest" }); // on phones it is below the form
  run(pending.begin(requestBody()));
}

/** Go on with the request that ran when the page was left, in this tab or another one. */
function rejoin() {
  const request = pending.running();
  if (!request) return;
  fillForm(request.body);
  setStatus("Asking for the image that you requested …");
  run(request);
}

async function run(request) {
  submit.setAttribute("aria-disabled", "true");
  stage.classList.add("busy");
  find("#open-result").hidden = true;
  result.hidden = true;
  const stopClock = startClock(request.began);
  try {
    const { image, retried } = await generate(request.body, request.key, listener);
    pending.end(request);
    showResult(image, retried);
  } catch (error) {
    if (isFinal(error)) pending.end(request);
    else if (!(error instanceof NoKey)) pending.stop(request);
    result.hidden = true;
    setStatus(errorMessage(error), "error");
  } finally {
    stopClock();
    stage.classList.remove("busy");
    submit.removeAttribute("aria-disabled");
  }
}

const isFinal = (error) => ["image_deleted", "idempotency_key_reused", "outcome_unknown"].includes(error.code)
  || (error.charged === "yes" && !error.retryAfter);

function showResult(image, retried) {
  setImage(result, plainPath(image));
  result.alt = image.prompt;
  result.hidden = false;
  const link = find("#open-result");
  link.href = pageOf(image);
  link.hidden = false;
  const price = image.provider === "offline" ? "Generated offline, not by AI, at no cost."
    : image.provider === "replay" ? "Replayed at no cost." : `Done. It cost ${money(image.cost_usd)}.`;
  setStatus(retried ? `${price} The request was retried; nothing was charged twice.` : price, "good");
  addNewest(image);
}

async function estimate() {
  if (server.free) {
    cost.textContent = "Free.";
    return;
  }
  if (!form.elements.prompt.value.trim()) return;
  const body = { ...requestBody(), dry_run: true };
  const options = JSON.stringify({ ...body, prompt: "" });
  if (!estimates.has(options)) estimates.set(options, call("generate-image", postOptions(body)));
  try {
    const { estimate_usd: dollars } = await estimates.get(options);
    cost.textContent = dollars === null ? "Cost unknown." : `At most ${money(dollars)}.`;
  } catch {
    estimates.delete(options); // generating reports the error
    cost.textContent = "";
  }
}

async function suggestPrompt() {
  suggestButton.disabled = true;
  try {
    const { prompts } = await call("generate-prompts?count=1");
    form.elements.prompt.value = prompts[0];
    form.elements.prompt.focus();
    setStatus("");
    estimate();
  } catch (error) {
    setStatus(errorMessage(error), "error");
  } finally {
    suggestButton.disabled = false;
  }
}

addBackdropPicker(stage);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  submitPrompt();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
form.addEventListener("change", estimate);
form.elements.prompt.addEventListener("input", debounce(1200, estimate));
suggestButton.addEventListener("click", suggestPrompt);
submit.disabled = suggestButton.disabled = false;
rejoin();
estimate();
