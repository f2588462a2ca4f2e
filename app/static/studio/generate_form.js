// Asking for a picture, and watching it being drawn.

import { call, posted } from "./api.js";
import { find, later } from "./dom.js";
import { generate, newKey } from "./generation.js";
import { addNewest } from "./gallery.js";
import { idOf, plainPath, show } from "./images.js";
import { server } from "./server.js";
import { addBackdrops } from "./stage.js";
import { duration, inWords, money, stepInWords } from "./messages.js";

const form = find("#ask");
const stage = find("#stage");
const picture = find("#result");
const status = find("#status");
const clock = find("#elapsed");
const cost = find("#cost");
const submit = find("#generate");
const surprise = find("#surprise");
const estimates = new Map(); // by everything but the prompt, whose length matters little

function say(text, tone = "") {
  status.textContent = text;
  status.dataset.tone = tone;
}

function wish() {
  const fields = new FormData(form);
  const made = {
    prompt: fields.get("prompt"), enhance: fields.has("enhance"), size: fields.get("size"),
    partial_images: Number(fields.get("partials")),
  };
  return fields.get("quality") ? { ...made, quality: fields.get("quality") } : made;
}

/** Start a clock that ticks until it is stopped. */
function startClock() {
  const began = performance.now();
  const tick = () => { clock.textContent = `${((performance.now() - began) / 1000).toFixed(1)} s`; };
  tick();
  const timer = setInterval(tick, 100);
  return () => { tick(); clearInterval(timer); };
}

const watch = {
  progress: ({ step }) => say(`${stepInWords(step)} …`),
  partial: ({ image }) => {
    picture.src = image;
    picture.alt = "The picture as it is being drawn";
    picture.hidden = false;
  },
  waiting: (seconds, error) => {
    const why = error.code ? inWords(error) : "The connection was lost.";
    const text = error.code === "generation_in_progress" ? "Still being drawn." : why;
    say(`${text} Asking again in ${duration(seconds)} with the same key, so nothing is paid twice.`, "warning");
  },
};

async function draw() {
  if (submit.getAttribute("aria-disabled") === "true") return;
  const asked = wish();
  submit.setAttribute("aria-disabled", "true");
  stage.classList.add("busy");
  find("#open-result").hidden = true;
  picture.hidden = true;
  say("Sending …");
  stage.scrollIntoView({ block: "nearest" }); // on a phone it is below the form
  const stop = startClock();
  try {
    const { image, repeated } = await generate(asked, keyFor(asked), watch);
    unfinished = null;
    finish(image, repeated);
  } catch (error) {
    // Whoever repeats the very same wish repeats it under the same key, unless that key is used up.
    if (isUsedUp(error)) unfinished = null;
    picture.hidden = true;
    say(inWords(error), "error");
  } finally {
    stop();
    stage.classList.remove("busy");
    submit.removeAttribute("aria-disabled");
  }
}

let unfinished = null; // the wish that has no answer yet, with its key

function keyFor(asked) {
  const text = JSON.stringify(asked);
  if (unfinished?.text !== text) unfinished = { text, key: newKey() };
  return unfinished.key;
}

const isUsedUp = (error) => ["image_deleted", "idempotency_key_reused", "outcome_unknown"].includes(error.code)
  || (error.charged === "yes" && !error.retryAfter);

function finish(image, repeated) {
  show(picture, plainPath(image));
  picture.alt = image.prompt;
  picture.hidden = false;
  const link = find("#open-result");
  link.href = `#${idOf(image)}`;
  link.hidden = false;
  const price = image.provider === "offline" ? "Drawn offline, not by AI, for nothing."
    : image.provider === "replay" ? "Replayed, for nothing." : `Done. It cost ${money(image.cost_usd)}.`;
  say(repeated ? `${price} The picture was fetched on a further try: nothing was paid twice.` : price, "good");
  addNewest(image);
}

async function estimate() {
  if (server.free) {
    cost.textContent = "Costs nothing.";
    return;
  }
  if (!form.elements.prompt.value.trim()) return;
  const asked = { ...wish(), dry_run: true };
  const options = JSON.stringify({ ...asked, prompt: "" });
  if (!estimates.has(options)) estimates.set(options, call("generate-image", posted(asked)));
  try {
    const { estimate_usd: dollars } = await estimates.get(options);
    cost.textContent = dollars === null ? "What it costs is unknown." : `Costs ${money(dollars)} at most.`;
  } catch {
    estimates.delete(options); // drawing itself will tell what is wrong
    cost.textContent = "";
  }
}

async function takePrompt() {
  surprise.disabled = true;
  try {
    const { prompts } = await call("generate-prompts?count=1");
    form.elements.prompt.value = prompts[0];
    form.elements.prompt.focus();
    say("");
    estimate();
  } catch (error) {
    say(inWords(error), "error");
  } finally {
    surprise.disabled = false;
  }
}

addBackdrops(stage);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  draw();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
form.addEventListener("change", estimate);
form.elements.prompt.addEventListener("input", later(1200, estimate));
surprise.addEventListener("click", takePrompt);
submit.disabled = surprise.disabled = false;
estimate();
