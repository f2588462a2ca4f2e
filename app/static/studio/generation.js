// Generate an image. Retries send the same Idempotency-Key, so it is charged only once.

import { ConnectionLost, Failure, failureOf, postOptions, request } from "./api.js";
import { eventsOf } from "./events.js";
import { pause } from "./dom.js";

const MAX_TRIES = 40;
const MAX_WAIT = 15; // seconds
const EVENTS = new Set(["progress", "partial", "image", "failure"]);
const RETRYABLE = new Set([
  "generation_in_progress", "busy", "shutting_down", "storage_unavailable", "records_unavailable",
]);

/** Create an idempotency key. `crypto.randomUUID` is only available in secure contexts. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Generate images, retrying while that is safe and useful. `path` is that of the API.
 *
 * `listener` has `progress(data)`, `partial(data)`, `image(image)`, `failure(failure)` and
 * `waiting(seconds, error)`; the data of several images have their `index`. Returns `{images,
 * failures, retried}`; `retried` is true if the first try failed.
 */
export async function generate(body, key, listener, path = "generate-image") {
  for (let tries = 1; ; tries += 1) {
    try {
      const result = await tryOnce(body, key, listener, path);
      const { images, failures = [] } = result.images ? result : { images: [{ ...result, index: 0 }] };
      return { images, failures, retried: tries > 1 };
    } catch (error) {
      if (!isRetryable(error) || tries === MAX_TRIES) throw error;
      const seconds = Math.max(error.retryAfter ?? 0, Math.min(2 ** (tries - 1), MAX_WAIT));
      listener.waiting(seconds, error);
      await pause(1000 * seconds);
    }
  }
}

/** Return whether no further try with the same key gives another result. */
export const isFinal = (error) => ["image_deleted", "image_trashed", "idempotency_key_reused", "outcome_unknown"].includes(error.code)
  || (error.charged === "yes" && !error.retryAfter);

function isRetryable(error) {
  if (error instanceof ConnectionLost) return true;
  // Errors without Retry-After are final.
  return error instanceof Failure && error.retryAfter > 0 && RETRYABLE.has(error.code);
}

async function tryOnce(body, key, listener, path) {
  const headers = { Accept: "text/event-stream", "Idempotency-Key": key };
  const response = await request(path, postOptions(body, headers));
  if (!response.ok) throw await failureOf(response);
  const streams = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  try {
    return streams ? await readStream(response.body, listener) : await response.json();
  } catch (error) {
    throw error instanceof Failure ? error : new ConnectionLost();
  }
}

async function readStream(stream, listener) {
  for await (const event of eventsOf(stream)) {
    const data = JSON.parse(event.data);
    if (event.type === "result") return data;
    if (event.type === "error") throw new Failure(data, data.http_status, data.retry_after);
    if (EVENTS.has(event.type)) listener[event.type](data);
  }
  throw new ConnectionLost();
}
