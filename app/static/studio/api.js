// Requests to the API. Paths are relative to the service, which can be mounted below a path.

import { askForKey, currentKey } from "./key.js";
import { urlOf } from "./server.js";

export class Failure extends Error {
  constructor(body, status, retryAfter) {
    super(body.message ?? "The server sent an unexpected response.");
    Object.assign(this, { ...body, status, retryAfter });
  }
}

export class ConnectionLost extends Error {}

export async function request(path, options = {}) {
  for (;;) {
    const key = currentKey();
    const headers = key ? { ...options.headers, Authorization: `Bearer ${key}` } : options.headers;
    const response = await send(urlOf(path), { ...options, headers });
    if (response.status !== 401) return response;
    await askForKey(key);
  }
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new ConnectionLost();
  }
}

export async function failureOf(response) {
  const wait = Number(response.headers.get("Retry-After")) || null;
  try {
    return new Failure(await response.json(), response.status, wait);
  } catch {
    // Not a response of the service, but of a proxy that gave up.
    return response.status >= 500 ? new ConnectionLost() : new Failure({}, response.status, wait);
  }
}

export async function call(path, options) {
  const response = await request(path, options);
  if (!response.ok) throw await failureOf(response);
  try {
    return response.status === 204 ? null : await response.json();
  } catch {
    throw new ConnectionLost();
  }
}

export const postOptions = (body, headers = {}) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});
