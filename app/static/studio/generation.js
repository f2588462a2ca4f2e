// One wish, one payment: everything is sent with one Idempotency-Key, as often as it takes.

import { ConnectionLost, Failure, failureOf, posted, request } from "./api.js";
import { eventsOf } from "./events.js";
import { pause } from "./dom.js";

const MOST_TRIES = 40;
const LONGEST_WAIT = 15; // seconds
const WORTH_REPEATING = new Set([
  "generation_in_progress", "busy", "shutting_down", "storage_unavailable", "records_unavailable",
]);

/** Make up a key. `crypto.randomUUID` is missing on pages that came by plain HTTP. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Draw, and repeat until there is an answer.
 *
 * `watch` has `progress(data)`, `partial(data)` and `waiting(seconds, error)`. Returns
 * `{image, repeated}`, where `repeated` says that the answer came on a further try.
 */
export async function generate(wish, key, watch) {
  for (let tries = 1; ; tries += 1) {
    try {
      return { image: await once(wish, key, watch), repeated: tries > 1 };
    } catch (error) {
      if (!isWorthRepeating(error) || tries === MOST_TRIES) throw error;
      const seconds = Math.max(error.retryAfter ?? 0, Math.min(2 ** (tries - 1), LONGEST_WAIT));
      watch.waiting(seconds, error);
      await pause(1000 * seconds);
    }
  }
}

function isWorthRepeating(error) {
  if (error instanceof ConnectionLost) return true;
  // Without Retry-After the answer is final, such as for a picture that could be kept nowhere.
  return error instanceof Failure && error.retryAfter > 0 && WORTH_REPEATING.has(error.code);
}

async function once(wish, key, watch) {
  const headers = { Accept: "text/event-stream", "Idempotency-Key": key };
  const response = await request("generate-image", posted(wish, headers));
  if (!response.ok) throw await failureOf(response);
  const streams = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  try {
    return streams ? await watched(response.body, watch) : await response.json();
  } catch (error) {
    throw error instanceof Failure ? error : new ConnectionLost();
  }
}

async function watched(body, watch) {
  for await (const { name, data } of eventsOf(body)) {
    if (name === "result") return data;
    if (name === "error") throw new Failure(data, data.http_status, data.retry_after);
    if (name === "progress" || name === "partial") watch[name](data);
  }
  throw new ConnectionLost();
}
