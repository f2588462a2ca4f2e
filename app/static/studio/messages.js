// Messages for the user: steps, amounts, dates, and errors with advice.

import { ConnectionLost } from "./api.js";
import { NoKey } from "./key.js";

const STEPS = {
  moderation: "Checking the prompt",
  checks: "Checking storage",
  enhance: "Enriching the prompt",
  upstream: "Generating",
  original: "Storing the original",
  cutout: "Cutting out the background",
  store: "Storing the image",
  record: "Saving the record",
};

const ERRORS = {
  prompt_rejected: "The prompt was rejected by the model's content rules. Change it and try again.",
  rate_limited: "You've hit the rate limit.",
  budget_exceeded: "The budget is used up.",
  forbidden: "Your API key doesn't allow this. Ask the operator for one that does.",
  signature_required: "This server serves signed variants only, so images can't be edited here. The plain 256-pixel PNG can be downloaded.",
  image_not_found: "This image doesn't exist, or belongs to another API key.",
  image_deleted: "This image has been deleted.",
  outcome_unknown: "It is unknown whether the image was generated and charged. Generating it again may be charged again.",
  provider_timeout: "The image model didn't respond in time.",
  provider_quota: "The server's account with the image provider has no credit left. Contact the operator.",
  provider_misconfigured: "The server's image provider is misconfigured. Contact the operator.",
  price_unknown: "The server has no price for this model. Contact the operator.",
  provider_unreachable: "The image provider can't be reached.",
  provider_rate_limited: "The image provider's rate limit is reached.",
  busy: "The server is at its limit of concurrent requests.",
  storage_unavailable: "The image store is unavailable.",
  records_unavailable: "The database is unavailable.",
};

const CHARGED = {
  no: "Nothing was charged.",
  yes: "The image was charged, and the original is kept.",
  unknown: "It may have been charged.",
};

export const stepMessage = (step) => STEPS[step] ?? "Working";

export function errorMessage(error) {
  if (error instanceof ConnectionLost) return "The server can't be reached. Check your connection, then try again.";
  if (error instanceof NoKey) return "This server requires an API key. Get one from the operator and enter it under “API key” above.";
  const parts = [ERRORS[error.code] ?? error.message];
  if (error.retryAfter) parts.push(`Try again in ${duration(error.retryAfter)}.`);
  if (error.charged) parts.push(CHARGED[error.charged]);
  if (error.status >= 500 && error.request_id) parts.push(`Request ID: ${error.request_id}.`);
  return parts.join(" ");
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} second${Math.round(seconds) === 1 ? "" : "s"}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

export function money(dollars) {
  if (dollars === null || dollars === undefined) return "unknown";
  if (dollars === 0) return "Free";
  return dollars < 0.01 ? "less than 1 cent" : `$${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`;
}

/** Return a sum as text; unlike a price, nothing is $0.00. */
export const amount = (dollars) => (dollars > 0 && dollars < 0.01 ? "less than 1 cent" : `$${dollars.toFixed(2)}`);

export const bytes = (size) => (size < 1024 ? `${size} bytes` : `${(size / 1024).toFixed(size < 10240 ? 1 : 0)} KB`);

export const date = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const modelLabel = (image) => (image.provider === "offline" ? "offline, not AI" : image.model);
