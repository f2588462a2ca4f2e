/** Base of all errors of this package. */
export class ImageClientError extends Error {
  /** The error for programs; docs/api.md of the service lists the codes. */
  code = "";
  /** The HTTP status, or null if no response arrived. */
  status: number | null = null;
  /** Whether an image was paid for, or null if none could be. */
  charged: "no" | "yes" | "unknown" | null = null;
  /** The id under which the service has logged the request. */
  requestId = "";
  /** Of a paid call: the same call with this key continues it. */
  idempotencyKey: string | null = null;
}

/** The service responded with an error that repeating the request can't remove. */
export class ApiError extends ImageClientError {
  /** The whole response, which may have `errors`, `failures` or `resets_at`. */
  readonly body: Record<string, any>;
  /** Seconds after which a retry makes sense, or null. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Record<string, any>, retryAfter: number | null) {
    super(body["message"] ?? `The response has status ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
    this.code = body["code"] ?? "unexpected_response";
    this.charged = body["charged"] ?? null;
    this.requestId = body["request_id"] ?? "";
  }
}

/**
 * The call had no result in time; `cause` is the last failure. The image of a paid call may be
 * finished later: `charged` is "unknown".
 */
export class DeadlineExceeded extends ImageClientError {
  override code = "deadline_exceeded";
  override name = "DeadlineExceeded";
}
