// Requests whose image has not been received, with their keys. They are kept for all tabs, so that
// after a reload, in another tab or after a crash the same key is sent, and nothing is charged twice.

import { newKey } from "./generation.js";
import { siteStorage } from "./storage.js";

const NAME = "image-generator-pending";
const MAX_REQUESTS = 20;
const MAX_AGE = 24 * 60 * 60 * 1000; // milliseconds; every server knows keys for at least that long

let requests = [];
let saved = true; // false if the browser keeps nothing: then only this page knows them

/**
 * Return a request with its key: a kept one of the same body, or a new one.
 *
 * It has `key`, `body`, `began` (milliseconds since 1970), and `runs` until its end is known.
 */
export function begin(body) {
  const text = JSON.stringify(body);
  const kept = load();
  const same = kept.find((one) => JSON.stringify(one.body) === text);
  const request = { ...(same ?? { key: newKey(), body, began: Date.now() }), runs: true };
  store([...kept.filter((one) => one.key !== request.key), request]);
  return request;
}

/** Note that the request has failed. If it is repeated, it keeps its key. */
export const stop = ({ key }) => store(load().map((one) => (one.key === key ? { ...one, runs: false } : one)));

/** Forget the request: the result of its key is final. */
export const end = ({ key }) => store(load().filter((one) => one.key !== key));

/** Return the request that began last and still runs, as far as is known; or undefined. */
export const running = () => load().findLast((one) => one.runs);

function load() {
  if (saved) requests = parse(siteStorage.load(NAME) ?? "[]");
  return requests.filter((one) => Date.now() - one.began < MAX_AGE);
}

function store(changed) {
  requests = changed.slice(-MAX_REQUESTS);
  saved = siteStorage.save(NAME, requests.length ? JSON.stringify(requests) : null);
}

function parse(text) {
  try {
    return JSON.parse(text).filter(({ key, body, began }) => key && body && began);
  } catch {
    return []; // not written by this page
  }
}
