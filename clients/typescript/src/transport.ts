/** Sends requests until they have a result, and repeats none that could cost a second payment. */

import { ApiError, DeadlineExceeded } from "./errors.js";
import type { StreamEvent } from "./models.js";

const MAX_PAUSE = 30_000;
const STREAM_SILENCE = 60_000; // the service sends a comment after ten seconds without an event
// Both have a Retry-After, but it is the end of a day or a month.
const USED_UP = new Set(["budget_exceeded", "upload_quota_exceeded"]);
const UNKNOWN = "unexpected_response"; // of something in between, such as a proxy

/** A repetition, before its pause. */
export interface Retry {
  path: string;
  attempt: number;
  /** Milliseconds until the repetition. */
  pause: number;
  /** The code of an error of the service, or "connection lost". */
  reason: string;
}

/** A request that can be sent again. Those that may pay for an image have a `key`. */
export interface Call {
  method: string;
  path: string;
  query?: URLSearchParams;
  json?: unknown;
  form?: FormData;
  key?: string;
  deadline?: number | undefined;
  signal?: AbortSignal | undefined;
  isFile?: boolean;
  attempts?: number;
}

export interface TransportOptions {
  baseUrl: string;
  headers: Record<string, string>;
  deadline: number;
  timeout: number;
  backoff: number;
  sleep: (milliseconds: number) => Promise<unknown>;
  onRetry: (retry: Retry) => void;
}

type Attempt<T> = (call: Call, endsAt: number) => AsyncGenerator<T>;

class ConnectionLost extends Error {}

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Return the JSON of the response, a Blob if it is a file, or null without a body. */
  async send<T>(call: Call): Promise<T> {
    for await (const result of this.#repeat(call, (...args) => this.#receive<T>(...args))) {
      return result;
    }
    throw new Error("unreachable");
  }

  /** Yield events up to `result`, over as many connections as it takes. */
  stream(call: Call): AsyncGenerator<StreamEvent> {
    return this.#repeat(call, (...args) => this.#receiveEvents(...args));
  }

  async *#repeat<T>(call: Call, attempt: Attempt<T>): AsyncGenerator<T> {
    const endsAt = performance.now() + (call.deadline ?? this.#options.deadline);
    for (let attempts = 1; ; attempts += 1) {
      call.attempts = attempts;
      try {
        yield* attempt(call, endsAt);
        return;
      } catch (error) {
        await this.#pause(call, endsAt, error);
      }
    }
  }

  /** Wait before the next attempt, or throw the error if there must be none. */
  async #pause(call: Call, endsAt: number, error: unknown): Promise<void> {
    call.signal?.throwIfAborted();
    const { backoff, onRetry, sleep } = this.#options;
    const attempt = call.attempts ?? 1;
    let pause = Math.min(backoff * 2 ** (attempt - 1), MAX_PAUSE) * (0.5 + Math.random() / 2);
    let reason = "connection lost";
    if (error instanceof ApiError) {
      error.idempotencyKey = call.key ?? null;
      if (call.key !== undefined && error.code === UNKNOWN) error.charged = "unknown";
      pause = Math.max(pause, (error.retryAfter ?? 0) * 1000);
      reason = error.code;
      if (!isTemporary(error) || performance.now() + pause > endsAt) throw error;
    } else if (!(error instanceof ConnectionLost)) {
      throw error;
    } else if (performance.now() + pause > endsAt) {
      throw exceeded(call, error);
    }
    onRetry({ path: nameOf(call), attempt, pause, reason });
    await sleep(pause);
  }

  async *#receive<T>(call: Call, endsAt: number): AsyncGenerator<T> {
    const { response, chunks } = await this.#open(call, endsAt, this.#options.timeout);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const body = new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
    if (call.isFile) {
      yield body as T;
    } else if (body.size === 0) {
      yield null as T;
    } else {
      const content = parse(await body.text());
      if (content === null) throw new ApiError(response.status, {}, null);
      yield content as T;
    }
  }

  async *#receiveEvents(call: Call, endsAt: number): AsyncGenerator<StreamEvent> {
    const silence = Math.min(this.#options.timeout, STREAM_SILENCE);
    const { chunks } = await this.#open(call, endsAt, silence, { Accept: "text/event-stream" });
    for await (const { name, data } of events(chunks)) {
      if (name === "error") throw new ApiError(data.http_status, data, data.retry_after ?? null);
      yield { name, data } as StreamEvent;
      if (name === "result") return;
    }
    throw new ConnectionLost("The stream has ended without a result.");
  }

  /** Send the request once; return the response if it is a success. */
  async #open(call: Call, endsAt: number, timeout: number, more: Record<string, string> = {}) {
    const { baseUrl, headers } = this.#options;
    const silence = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const restart = () => {
      clearTimeout(timer);
      const left = Math.max(endsAt - performance.now(), 100);
      timer = setTimeout(() => silence.abort(), Math.min(timeout, left));
    };
    const query = call.query?.size ? `?${call.query}` : "";
    const request = new Request(`${baseUrl}${call.path}${query}`, {
      method: call.method,
      headers: {
        ...headers,
        ...more,
        ...(call.key === undefined ? {} : { "Idempotency-Key": call.key }),
        ...(call.json === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: call.form ?? (call.json === undefined ? null : JSON.stringify(call.json)),
      redirect: call.isFile ? "follow" : "manual",
      signal: AbortSignal.any([silence.signal, ...(call.signal ? [call.signal] : [])]),
    });
    restart();
    let response: Response;
    try {
      response = await fetch(request);
    } catch (error) {
      clearTimeout(timer);
      throw new ConnectionLost("The connection failed.", { cause: error });
    }
    const chunks = read(response, restart, () => clearTimeout(timer));
    if (response.ok) return { response, chunks };
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    const body = parse(await new Blob(parts).text()) ?? {};
    throw new ApiError(response.status, body, retryAfter(response));
  }
}

/** Yield the body, and cancel it if the consumer leaves. */
async function* read(response: Response, onChunk: () => void, onEnd: () => void) {
  const reader = response.body?.getReader();
  try {
    while (reader) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new ConnectionLost("The response was cut.", { cause: error });
      });
      if (done) return;
      onChunk();
      yield value;
    }
  } finally {
    onEnd();
    await reader?.cancel().catch(() => undefined); // it has failed before
  }
}

async function* events(chunks: AsyncIterable<Uint8Array>) {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n").map((line) => line.split(/: (.*)/s));
      const { event, data } = Object.fromEntries(lines) as Record<string, string>;
      // A block without an event is a comment that keeps the connection open.
      if (event && data) yield { name: event, data: JSON.parse(data) };
    }
  }
}

/** Whether the request can be sent again, and may succeed. */
function isTemporary(error: ApiError): boolean {
  const status = error.status ?? 0;
  if (error.code === UNKNOWN) return [408, 429, 502, 503, 504].includes(status);
  if (["request_timeout", "generation_in_progress"].includes(error.code)) return true;
  return [429, 503].includes(status) && error.retryAfter !== null && !USED_UP.has(error.code);
}

/** The path without a query, which may be signed. */
function nameOf(call: Call): string {
  return call.path.replace(/\?.*/s, "");
}

function exceeded(call: Call, cause: unknown): DeadlineExceeded {
  const text = `No result of ${nameOf(call)} in time, after ${call.attempts} attempts.`;
  const error = new DeadlineExceeded(text, { cause });
  error.idempotencyKey = call.key ?? null;
  error.charged = call.key === undefined ? null : "unknown";
  return error;
}

function parse(text: string): Record<string, any> | null {
  try {
    const content: unknown = JSON.parse(text);
    return typeof content === "object" && content !== null ? content : null;
  } catch {
    return null;
  }
}

function retryAfter(response: Response): number | null {
  const text = response.headers.get("Retry-After") ?? "";
  if (/^\d+$/.test(text)) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max((date - Date.now()) / 1000, 0);
}
