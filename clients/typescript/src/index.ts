export { ImageClient } from "./client.js";
export type { ClientOptions, EditOptions, GenerateOptions, ImageRef, ListFilters } from "./client.js";
export { ApiError, DeadlineExceeded, ImageClientError } from "./errors.js";
export type * from "./models.js";
export type { Retry } from "./transport.js";
export type { Variant } from "./variants.js";
