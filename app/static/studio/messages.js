// Messages for the user: steps, amounts, dates, and errors with advice.

import { ConnectionLost } from "./api.js";
import { NoKey } from "./key.js";

const STEPS = {
  moderation: "Checking the prompt",
  checks: "Preparing",
  enhance: "Enhancing the prompt",
  upstream: "Generating",
  original: "Saving the original",
  cutout: "Removing the background",
  store: "Saving",
  record: "Saving",
};

const ERRORS = {
  prompt_rejected: "This prompt was blocked by the content policy. Try rewording it.",
  rate_limited: "You've hit the rate limit.",
  budget_exceeded: "The budget is used up.",
  upload_quota_exceeded: "The quota for your own images is used up.",
  forbidden: "Your API key doesn't allow this. Ask your administrator for one that does.",
  signature_required: "This server serves signed variants only, so images can't be edited here. The plain 256-pixel PNG can be downloaded.",
  image_not_found: "Image not found. It was deleted, or you don't have access.",
  image_deleted: "This image has been deleted.",
  image_trashed: "This image is in the trash. Restore it in the gallery.",
  outcome_unknown: "We lost contact with the model, so the image may or may not exist. Generating it again may be charged again.",
  provider_timeout: "The model timed out.",
  provider_quota: "The server is out of credit at the image provider. Contact your administrator.",
  provider_misconfigured: "The server's image provider is misconfigured. Contact your administrator.",
  price_unknown: "The server has no price for this model. Contact your administrator.",
  provider_unreachable: "The image provider can't be reached.",
  provider_rate_limited: "The model is busy right now.",
  busy: "At capacity.",
  shutting_down: "The server is restarting.",
  storage_unavailable: "The image store is unavailable.",
  records_unavailable: "The database is unavailable.",
  request_too_large: "This file is too large.",
  unsupported_media_type: "Only PNG, WebP and JPEG images can be used.",
};

const CHARGED = {
  no: "You weren't charged.",
  yes: "You were charged. The original is kept.",
  unknown: "You may have been charged.",
};

export const stepMessage = (step) => STEPS[step] ?? "Working";

/** Return what happened and what to do. `withTime` adds when to try again, if the error has that. */
export function errorMessage(error, { withTime = true } = {}) {
  if (error instanceof ConnectionLost) return "The server can't be reached. Check your connection, then try again.";
  if (error instanceof NoKey) return "This server requires an API key. Ask your administrator for one, and enter it.";
  const parts = [ERRORS[error.code] ?? error.message];
  if (withTime && error.retryAfter) parts.push(`Try again in ${duration(error.retryAfter)}.`);
  if (error.charged) parts.push(CHARGED[error.charged]);
  if (error.status >= 500 && error.request_id) parts.push(`Request ID: ${error.request_id}.`);
  return parts.join(" ");
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} second${Math.round(seconds) === 1 ? "" : "s"}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

/** Return a price as text. */
export function money(dollars) {
  if (dollars === null || dollars === undefined) return "Price unavailable";
  if (dollars === 0) return "Free";
  return dollars < 0.01 ? "less than 1 cent" : `$${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`;
}

/** Return a sum as text; unlike a price, nothing is $0.00. */
export const amount = (dollars) => (dollars > 0 && dollars < 0.01 ? "less than 1 cent" : `$${dollars.toFixed(2)}`);

export const bytes = (size) => (size < 1024 ? `${size} bytes` : `${(size / 1024).toFixed(size < 10240 ? 1 : 0)} KB`);

export const date = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

const NO_MODEL = { offline: "sample art, not AI", upload: "your own image" };

export const modelLabel = (image) => NO_MODEL[image.provider] ?? image.model;
