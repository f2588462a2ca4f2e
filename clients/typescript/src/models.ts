/** What the service returns; docs/api.md of the service describes each field. */

export type Charged = "no" | "yes" | "unknown";

export interface Image {
  filename: string;
  url: string;
  image_url: string;
  prompt: string;
  first_prompt: string;
  new_prompt: string;
  /** ISO 8601, in UTC, as all times. */
  created_at: string;
  width: number;
  height: number;
  model: string;
  provider: string;
  charged: Charged;
  /** Null if the cost is unknown. */
  cost_usd: number | null;
  cutout: Cutout;
  cutout_options: Record<string, unknown>;
  original: Original | null;
  parent: string | null;
  parents: string[];
  replaced_by: string | null;
  group: string | null;
  root: string | null;
  tags: string[];
  starred: boolean;
  trashed_at: string | null;
  /** The number of a candidate, from 0. */
  index?: number;
}

/** How the background was removed, and whether to check the result. */
export interface Cutout {
  background?: string;
  coverage?: number;
  confidence?: number;
  verdict?: string;
  reasons?: string[];
  areas?: Area[];
  [field: string]: unknown;
}

/** An enclosed area, which `holes` can keep or cut by its number. */
export interface Area {
  number: number;
  box: [number, number, number, number];
  center: [number, number];
  share: number;
  decision: "keep" | "cut";
  chance: number;
}

export interface Original {
  width: number;
  height: number;
  format: string;
  size_bytes: number;
  sha256: string;
  content_credentials: boolean | null;
}

/** A candidate that is no image. */
export interface Failure {
  index: number;
  code: string;
  message: string;
  charged: Charged;
}

export interface Candidates {
  group: string;
  images: Image[];
  failures: Failure[];
}

/** A page of a list; `next_cursor` continues it, and is null on the last page. */
export interface Page {
  images: Image[];
  page: number | null;
  limit: number;
  total_pages: number;
  total_images: number;
  total_exact: boolean;
  next_cursor: string | null;
}

/** What an image was made from (`parents`), and a page of what was made from it (`images`). */
export interface Lineage extends Page {
  filename: string;
  root: string | null;
  parents: Image[];
}

/** The highest cost of a call, null if unknown, and the requests that it would send. */
export interface Estimate {
  estimate_usd: number | null;
  requests: { method: string; path: string; body: Record<string, unknown> }[];
}

/** Costs by day, and what is left of the budget, which is null without a limit. */
export interface Usage {
  account: string | null;
  budget: {
    limit_usd: number;
    period: "day" | "month";
    spent_usd: number;
    remaining_usd: number;
    resets_at: string;
  } | null;
  days: { date: string; cost_usd: number; images: number; images_of_unknown_cost: number }[];
  cost_usd: number;
}

/** An event of a stream. `index` is the number of a candidate, or else that of a preview. */
export type StreamEvent =
  | { name: "progress"; data: { step: string; elapsed_ms: number; index?: number } }
  | {
      name: "partial";
      /** `image` is a data URL. */
      data: { image: string; width: number; height: number; index: number; partial_index?: number };
    }
  | { name: "image"; data: Image }
  | { name: "failure"; data: Failure }
  | { name: "result"; data: Image | Candidates };
