// The fields of the form: prompt, options, what the image costs, and what is left of the budget.

import { call, postOptions } from "./api.js";
import { debounce, find } from "./dom.js";
import { addHistory } from "./history.js";
import { amount, duration, money } from "./messages.js";
import { server } from "./server.js";
import { addStyles } from "./styles.js";

const form = find("#generate-form");
const prompt = form.elements.prompt;
const cost = find("#cost");
const left = find("#left");
const counter = find("#counter");
const quality = find("#quality");
const prices = JSON.parse(quality.dataset.prices ?? "{}"); // in dollars, by size and quality
const grows = CSS.supports("field-sizing", "content");
const NEAR_LIMIT = 0.85; // part of the longest prompt from which its letters are counted
const estimates = new Map(); // by all options except the prompt, which hardly affects the estimate

/** Return the body of the request that the form describes. */
export function requestBody() {
  const fields = new FormData(form);
  const body = {
    prompt: fields.get("prompt"), enhance: fields.has("enhance"), size: fields.get("size"),
    partial_images: Number(fields.get("partials")),
  };
  if (fields.get("quality")) body.quality = fields.get("quality");
  if (fields.get("n") !== "1") body.n = Number(fields.get("n"));
  return body;
}

/** Fill the form with the body of a request. */
export function fillForm(body) {
  const { elements } = form;
  elements.enhance.checked = body.enhance;
  elements.size.value = body.size;
  elements.quality.value = body.quality ?? "";
  elements.partials.value = String(body.partial_images);
  elements.n.value = String(body.n ?? 1);
  setPrompt(body.prompt);
}

/** Put a prompt into the form, ready to be changed. */
export function usePrompt(text) {
  setPrompt(text);
  prompt.focus();
}

function setPrompt(text) {
  prompt.value = text;
  prompt.dispatchEvent(new Event("input"));
  showCost();
}

function showLength() {
  const length = [...prompt.value].length;
  const near = length > NEAR_LIMIT * prompt.maxLength;
  counter.textContent = near ? `${length.toLocaleString()} of ${prompt.maxLength.toLocaleString()} characters` : "";
  if (grows) return;
  prompt.style.height = "auto";
  prompt.style.height = `${prompt.scrollHeight + 2}px`;
}

function showPrices() {
  const known = prices[form.elements.size.value] ?? {};
  for (const option of quality.options) {
    const price = known[option.value];
    option.textContent = price ? `${option.dataset.label} · ${money(price)}` : option.dataset.label;
  }
}

async function showCost() {
  if (server.free) {
    cost.textContent = "Free";
    return;
  }
  if (!prompt.value.trim()) return;
  const body = { ...requestBody(), dry_run: true };
  const options = JSON.stringify({ ...body, prompt: "" });
  if (!estimates.has(options)) estimates.set(options, call("generate-image", postOptions(body)));
  try {
    const { estimate_usd: dollars } = await estimates.get(options);
    cost.textContent = dollars ? `Up to ${money(dollars)}` : money(dollars);
  } catch {
    estimates.delete(options); // generating reports the error
    cost.textContent = "";
  }
}

/** Show what is left of the budget. */
export async function showBudget() {
  if (server.free) return;
  try {
    const { budget } = await call("usage");
    left.textContent = budget ? `${amount(budget.remaining_usd)} left this ${budget.period}` : "";
    const seconds = budget ? (new Date(budget.resets_at) - Date.now()) / 1000 : 0;
    left.title = budget ? `The budget resets in ${duration(Math.max(0, seconds))}.` : "";
  } catch {
    left.textContent = ""; // a key without the scope, or a ledger that is down: nothing to act on here
  }
}

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target === prompt && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
form.addEventListener("change", () => { showPrices(); showCost(); });
prompt.addEventListener("input", showLength);
prompt.addEventListener("input", debounce(1200, showCost));
addStyles(prompt, () => { showLength(); showCost(); prompt.focus(); });
addHistory(usePrompt);
showLength();
showPrices();
showCost();
showBudget();
