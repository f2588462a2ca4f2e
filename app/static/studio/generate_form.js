// The generation form, its progress and the result.

import { call, postOptions } from "./api.js";
import { find, debounce } from "./dom.js";
import { generate, newKey } from "./generation.js";
import { addNewest } from "./gallery.js";
import { idOf, plainPath, setImage } from "./images.js";
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

/** Start the clock; return a function that stops it. */
function startClock() {
  const began = performance.now();
  const tick = () => { clock.textContent = `${((performance.now() - began) / 1000).toFixed(1)} s`; };
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

async function submitPrompt() {
  if (submit.getAttribute("aria-disabled") === "true") return;
  const body = requestBody();
  submit.setAttribute("aria-disabled", "true");
  stage.classList.add("busy");
  find("#open-result").hidden = true;
  result.hidden = true;
  setStatus("Sending …");
  stage.scrollIntoView({ block: "nearest" }); // on phones it is below the form
  const stop = startClock();
  try {
    const { image, retried } = await generate(body, keyFor(body), listener);
    unfinished = null;
    showResult(image, retried);
  } catch (error) {
    // Repeating the same request reuses its key, unless the result for that key is final.
    if (isFinal(error)) unfinished = null;
    result.hidden = true;
    setStatus(errorMessage(error), "error");
  } finally {
    stop();
    stage.classList.remove("busy");
    submit.removeAttribute("aria-disabled");
  }
}

let unfinished = null; // a request without a result, and its key

function keyFor(body) {
  const text = JSON.stringify(body);
  if (unfinished?.text !== text) unfinished = { text, key: newKey() };
  return unfinished.key;
}

const isFinal = (error) => ["image_deleted", "idempotency_key_reused", "outcome_unknown"].includes(error.code)
  || (error.charged === "yes" && !error.retryAfter);

function showResult(image, retried) {
  setImage(result, plainPath(image));
  result.alt = image.prompt;
  result.hidden = false;
  const link = find("#open-result");
  link.href = `#${idOf(image)}`;
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
estimate();
