import { ApiError } from "./errors.js";
import type { Candidates, Estimate, Image, Lineage, Page, StreamEvent, Usage } from "./models.js";
import { Transport, type Call, type Retry, type TransportOptions } from "./transport.js";
import { describe, sign, type Variant } from "./variants.js";

/** An image, or its file name. */
export type ImageRef = Pick<Image, "filename"> | string;

export interface ClientOptions {
  /** Where the service requires one. Pages must not contain it. */
  apiKey?: string;
  /** Milliseconds for a call, with all attempts and pauses; 900,000 by default. */
  deadline?: number;
  /** Milliseconds of silence after which an attempt is given up; 660,000 by default. */
  timeout?: number;
  /** Milliseconds before the first repetition after a lost connection; doubles up to 30,000. */
  backoff?: number;
  /** One of VARIANT_SIGNING_KEYS, for `signedVariantUrl` and `download`; on servers only. */
  signingKey?: string;
  /** Sent with each request, such as `traceparent`. */
  headers?: Record<string, string>;
  /** Called before each repetition; writes a warning to the console by default. */
  onRetry?: (retry: Retry) => void;
  /** Waits for milliseconds between attempts; tests replace it. */
  sleep?: (milliseconds: number) => Promise<unknown>;
}

interface CallOptions {
  /**
   * Names the call; a new UUID by default. The same call with the same key returns the same
   * image, paid for once: keep it to continue after a restart.
   */
  idempotencyKey?: string;
  /** Replaces the client's. */
  deadline?: number;
  /** Ends the call. The image of a paid call is finished all the same. */
  signal?: AbortSignal;
  quality?: string;
  size?: string;
}

export interface GenerateOptions extends CallOptions {
  enhance?: boolean;
}

export interface EditOptions extends CallOptions {
  /** Further images that the prompt refers to. */
  images?: ImageRef[];
  /** A stored image that says where to redraw. */
  mask?: ImageRef;
  /** The same as a PNG file in base64. */
  mask_png?: string;
}

/** Options of calls that generate, or edit the image `of`. */
type AnyOptions = GenerateOptions & EditOptions & { of?: ImageRef };

export interface ListFilters {
  q?: string;
  tag?: string | string[];
  verdict?: "good" | "check" | "bad";
  starred?: boolean;
  group?: string;
  root?: string;
  trashed?: boolean;
}

interface PageOptions {
  page?: number;
  cursor?: string;
  limit?: number;
}

interface CutoutOptions {
  holes?: string;
  shadow?: "cut" | "keep";
  background?: string;
  tolerance?: number;
}

/**
 * A client of one service.
 *
 * Lost connections, `generation_in_progress`, `rate_limited`, and 503 with Retry-After are repeated
 * until the deadline; calls that may pay for an image with their idempotency key, so they pay once.
 * Every method throws ApiError for any other error of the service, and DeadlineExceeded if there
 * was no response in time.
 */
export class ImageClient {
  readonly #baseUrl: string;
  readonly #signingKey: string;
  readonly #transport: Transport;

  /** `baseUrl` is that of the service, such as `http://localhost:5000`. */
  constructor(baseUrl: string, options: ClientOptions = {}) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#signingKey = options.signingKey ?? "";
    const authorization = options.apiKey ? { Authorization: `Bearer ${options.apiKey}` } : {};
    const all: TransportOptions = {
      baseUrl: this.#baseUrl,
      headers: { ...options.headers, ...authorization },
      deadline: options.deadline ?? 900_000,
      timeout: options.timeout ?? 660_000,
      backoff: options.backoff ?? 500,
      sleep: options.sleep ?? ((pause) => new Promise((resolve) => setTimeout(resolve, pause))),
      onRetry: options.onRetry ?? ((retry) => console.warn("A request is repeated:", retry)),
    };
    this.#transport = new Transport(all);
  }

  /** Generate an image. */
  async generate(prompt: string, options: GenerateOptions = {}): Promise<Image> {
    return this.#transport.send(paidCall(prompt, options));
  }

  /** Make a new image from a stored one and a prompt that says what changes. */
  async edit(image: ImageRef, prompt: string, options: EditOptions = {}): Promise<Image> {
    return this.#transport.send(paidCall(prompt, { ...options, of: image }));
  }

  /** Generate 2 to 4 candidates, or as many edits `of` an image. */
  async candidates(prompt: string, n: number, options: AnyOptions = {}): Promise<Candidates> {
    return this.#transport.send(paidCall(prompt, options, { n }));
  }

  /** Generate, or edit `of` an image; yield progress, previews and last the `result`. */
  stream(
    prompt: string,
    options: AnyOptions & { n?: number; partial_images?: number } = {},
  ): AsyncGenerator<StreamEvent> {
    return this.#transport.stream(paidCall(prompt, { partial_images: 2, ...options }));
  }

  /** Return the highest cost of a generation, without paying for it. */
  async estimate(prompt: string, options: GenerateOptions & { n?: number } = {}): Promise<Estimate> {
    const { key: _, ...call } = paidCall(prompt, options, { dry_run: true });
    return this.#transport.send(call);
  }

  /** Store and cut out a PNG, WEBP or JPEG. Sent again, the same file is the same image. */
  async upload(
    file: Blob | BufferSource,
    options: CutoutOptions & { prompt?: string; mask?: Blob | BufferSource } = {},
  ): Promise<Image> {
    const form = new FormData();
    form.set("file", new Blob([file as BlobPart]), "image");
    for (const [name, value] of Object.entries(options)) {
      if (name === "mask") form.set(name, new Blob([value as BlobPart]), "mask.png");
      else if (value !== undefined) form.set(name, String(value));
    }
    return this.#transport.send({ method: "POST", path: "/images", form });
  }

  /** Yield all images, newest first, reading `pageSize` of them at a time. */
  async *listImages(filters: ListFilters & { pageSize?: number } = {}): AsyncGenerator<Image> {
    const { pageSize = 100, ...rest } = filters;
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Page = await this.listPage({ ...rest, limit: pageSize, ...(cursor && { cursor }) });
      yield* page.images;
      cursor = page.next_cursor;
    }
  }

  /** Return a page of the list, by `page` or `cursor`. */
  async listPage(query: ListFilters & PageOptions = {}): Promise<Page> {
    return this.#transport.send({ method: "GET", path: "/images", query: toQuery(query) });
  }

  /** Return the metadata of an image. */
  async get(image: ImageRef): Promise<Image> {
    return this.#transport.send({ method: "GET", path: `${toPath(image)}/metadata` });
  }

  /** Return the file of an image, or of a variant such as `{ w: 512, format: "webp" }`. */
  async download(image: ImageRef, variant: Variant = {}): Promise<Blob> {
    const url = this.#signingKey
      ? await this.signedVariantUrl(image, variant)
      : this.variantUrl(image, variant);
    const path = url.slice(this.#baseUrl.length);
    return this.#transport.send({ method: "GET", path, isFile: true });
  }

  /** Return the address of a variant. However a variant is written, it has one address. */
  variantUrl(image: ImageRef, variant: Variant = {}): string {
    return this.#url(image, describe(variant).query);
  }

  /** Return an address with a signature that is valid for `expiresIn` seconds, a day by default. */
  async signedVariantUrl(
    image: ImageRef,
    variant: Variant = {},
    { expiresIn = 86_400 } = {},
  ): Promise<string> {
    const expires = Math.floor(Date.now() / 1000 + expiresIn);
    const id = toName(image).replace(/\.png$/, "");
    return this.#url(image, await sign(id, variant, this.#signingKey, expires));
  }

  /** Cut an image out again, at no cost; with `replace` in its place. `mask` is base64. */
  async recut(
    image: ImageRef,
    options: CutoutOptions & { mask?: string; replace?: boolean } = {},
  ): Promise<Image> {
    return this.#transport.send({ method: "POST", path: `${toPath(image)}/cutouts`, json: options });
  }

  /** Replace the tags of an image. */
  async tag(image: ImageRef, tags: string[]): Promise<Image> {
    return this.#transport.send({ method: "PATCH", path: toPath(image), json: { tags } });
  }

  /** Star an image, or remove its star. */
  async star(image: ImageRef, starred = true): Promise<Image> {
    return this.#transport.send({ method: "PATCH", path: toPath(image), json: { starred } });
  }

  /** Move an image to the trash; with `purge` delete it for good. */
  async delete(image: ImageRef, { purge = false } = {}): Promise<void> {
    const query = toQuery(purge ? { purge } : {});
    const call: Call = { method: "DELETE", path: toPath(image), query };
    try {
      await this.#transport.send(call);
    } catch (error) {
      // After a lost response 404 means that the image is gone.
      const isGone = (call.attempts ?? 1) > 1 && error instanceof ApiError && error.status === 404;
      if (!isGone) throw error;
    }
  }

  /** Move the candidates of a group to the trash, except some; return their file names. */
  async deleteGroup(group: string, { keep = [] as ImageRef[] } = {}): Promise<string[]> {
    const query = toQuery({ group, except: keep.map(toName) });
    const call: Call = { method: "DELETE", path: "/images", query };
    return (await this.#transport.send<{ deleted: string[] }>(call)).deleted;
  }

  /** Return an image from the trash. */
  async restore(image: ImageRef): Promise<Image> {
    return this.#transport.send({ method: "POST", path: `${toPath(image)}/restore` });
  }

  /** Return what an image was made from, and a page of what was made from it. */
  async lineage(image: ImageRef, query: PageOptions = {}): Promise<Lineage> {
    const path = `${toPath(image)}/lineage`;
    return this.#transport.send({ method: "GET", path, query: toQuery(query) });
  }

  /** Return costs by day, `from` and `to` such as "2026-11-01"; by default of the last 30 days. */
  async usage(query: { from?: string; to?: string } = {}): Promise<Usage> {
    return this.#transport.send({ method: "GET", path: "/usage", query: toQuery(query) });
  }

  /** Return ideas for prompts. */
  async inventPrompts(count = 10, query: { theme?: string } = {}): Promise<string[]> {
    const call: Call = {
      method: "GET",
      path: "/generate-prompts",
      query: toQuery({ count, ...query }),
    };
    return (await this.#transport.send<{ prompts: string[] }>(call)).prompts;
  }

  #url(image: ImageRef, query: string): string {
    return `${this.#baseUrl}${toPath(image)}${query && "?"}${query}`;
  }
}

function paidCall(prompt: string, options: AnyOptions, more: object = {}) {
  const { of, idempotencyKey, deadline, signal, images, mask, ...fields } = options;
  const json = {
    prompt,
    ...fields,
    ...more,
    ...(images && { images: images.map(toName) }),
    ...(mask && { mask: toName(mask) }),
  };
  const path = of === undefined ? "/generate-image" : `${toPath(of)}/edits`;
  return { method: "POST", path, json, key: idempotencyKey ?? newKey(), deadline, signal };
}

/** A random UUID. `crypto.randomUUID` is missing in pages that are served without TLS. */
function newKey(): string {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte, at) => {
    const marked = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return marked.toString(16).padStart(2, "0");
  }).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function toQuery(values: object): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of [value].flat()) if (each !== undefined) query.append(name, String(each));
  }
  return query;
}

function toName(image: ImageRef): string {
  return typeof image === "string" ? image : image.filename;
}

function toPath(image: ImageRef): string {
  return `/images/${toName(image)}`;
}
