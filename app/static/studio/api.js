// Calls of the service. Addresses are relative, so the service may lie below a path.

import { askForKey, currentKey } from "./key.js";

export class Failure extends Error {
  constructor(answer, status, retryAfter) {
    super(answer.message ?? "The server's answer makes no sense.");
    Object.assign(this, { ...answer, status, retryAfter });
  }
}

export class ConnectionLost extends Error {}

export async function request(path, options = {}) {
  for (;;) {
    const key = currentKey();
    const headers = key ? { ...options.headers, Authorization: `Bearer ${key}` } : options.headers;
    const response = await sent(path, { ...options, headers });
    if (response.status !== 401) return response;
    await askForKey(key);
  }
}

async function sent(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new ConnectionLost();
  }
}

export async function failureOf(response) {
  const wait = Number(response.headers.get("Retry-After")) || null;
  try {
    return new Failure(await response.json(), response.status, wait);
  } catch {
    // Not from the service: a proxy in between answers so when it gives up.
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

export const posted = (body, headers = {}) => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});
