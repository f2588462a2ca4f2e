// What people are told: steps, money, dates, and errors with what to do about them.

import { ConnectionLost } from "./api.js";
import { NoKey } from "./key.js";

const STEPS = {
  moderation: "Checking the prompt",
  checks: "Checking that the picture can be kept",
  enhance: "Enriching the prompt",
  upstream: "Drawing",
  original: "Keeping the original",
  cutout: "Cutting out the background",
  store: "Storing the picture",
  record: "Writing it down",
};

const ERRORS = {
  prompt_rejected: "The model's rules don't allow this prompt. Ask for something else.",
  rate_limited: "Too many requests in a short time.",
  budget_exceeded: "The budget for pictures is used up.",
  forbidden: "Your key isn't allowed to do this. Ask the operator for one that is.",
  signature_required: "This server shows only variants that its operator has signed, so pictures can't be edited here. The plain one can be downloaded: 256 pixels, PNG.",
  image_not_found: "This picture isn't there: it was deleted, or is somebody else's.",
  image_deleted: "This picture was deleted meanwhile.",
  outcome_unknown: "Nobody knows whether the picture was drawn and paid for. Drawing again may pay a second time.",
  provider_timeout: "The model took too long.",
  provider_quota: "The server's account with the image model has no money left. The operator has to act.",
  provider_misconfigured: "The server can't use its image model. The operator has to act.",
  price_unknown: "The server doesn't know what this model costs. The operator has to act.",
  provider_unreachable: "The image model can't be reached at the moment. Try again soon.",
  provider_rate_limited: "The image model is asked too often at the moment.",
  busy: "The server is drawing as much as it can. Try again soon.",
  storage_unavailable: "The server can't store pictures at the moment.",
  records_unavailable: "The server can't read its records at the moment.",
};

const CHARGED = {
  no: "Nothing was paid.",
  yes: "The picture was paid for, and what came is kept.",
  unknown: "It may have been paid for.",
};

export const stepInWords = (step) => STEPS[step] ?? "Working";

export function inWords(error) {
  if (error instanceof ConnectionLost) return "The server can't be reached. Check your connection, then try again.";
  if (error instanceof NoKey) return "This server needs an API key. Ask its operator for one, and enter it with “Key” above.";
  const parts = [ERRORS[error.code] ?? error.message];
  if (error.retryAfter) parts.push(`Try again in ${duration(error.retryAfter)}.`);
  if (error.charged) parts.push(CHARGED[error.charged]);
  if (error.status >= 500 && error.request_id) parts.push(`For the operator: request ${error.request_id}.`);
  return parts.join(" ");
}

export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} second${Math.round(seconds) === 1 ? "" : "s"}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}

export function money(dollars) {
  if (dollars === null || dollars === undefined) return "unknown";
  if (dollars === 0) return "nothing";
  return dollars < 0.01 ? "less than 1 cent" : `$${dollars.toFixed(dollars < 0.1 ? 3 : 2)}`;
}

export const bytes = (size) => (size < 1024 ? `${size} bytes` : `${(size / 1024).toFixed(size < 10240 ? 1 : 0)} KB`);

export const date = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const drawnBy = (image) => (image.provider === "offline" ? "drawn offline, not by AI" : image.model);
