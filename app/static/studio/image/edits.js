// The edits of an image as parameters of a variant: read from the page's address and written to it.
//
// Lengths are given for a result of `reference` pixels and scaled to its width, so that what is
// seen in one size is the same in another.

export const SIDE = 1024; // px of the result, unless the edits say otherwise
export const ICON_SIDES = [16, 32, 48]; // px
const REFERENCE = 512;
const MIN_REFERENCE = 256;
const MAX_REFERENCE = 2048;
const SLOW = new Set(["avif", "auto", "ico", "svg"]); // formats of which no drafts are made
const NAMES = [
  "w", "h", "fit", "padding", "format", "quality", "background", "brightness", "contrast", "saturation", "hue",
  "gamma", "sharpness", "rotate", "flip", "holes", "cutout_shadow", "outline", "shadow", "filter", "recolor",
];
const LENGTHS = ["padding", "outline", "shadow"];
const hasLengths = (edits) => LENGTHS.some((name) => edits.has(name))
  || edits.getAll("filter").some((text) => /^(blur|pixelate)\b/.test(text));

/** Return the edits in a query, in one order, with the reference width as `scale_from`. */
export function readEdits(query) {
  const given = new URLSearchParams(query);
  const ratio = Number(given.get("dpr")) || 1;
  const edits = new URLSearchParams();
  for (const name of NAMES) for (const text of given.getAll(name)) if (text) edits.append(name, text);
  for (const name of ["w", "h"]) {
    if (ratio !== 1 && edits.has(name)) edits.set(name, Math.round(Number(edits.get(name)) * ratio));
  }
  if (!edits.has("w") && edits.has("h")) edits.set("w", edits.get("h"));
  // Lengths without a reference are pixels of the result.
  const own = hasLengths(edits) ? Math.min(MAX_REFERENCE, Math.max(MIN_REFERENCE, sizeOf(edits).width / ratio)) : REFERENCE;
  edits.set("scale_from", given.get("scale_from") || Math.round(own));
  return edits;
}

/** Return the size of the result in pixels. */
export function sizeOf(edits) {
  const width = Number(edits.get("w")) || SIDE;
  return { width, height: Number(edits.get("h")) || width };
}

/** Whether the file is an icon, whose images have sizes of their own, and no margin unless it has padding. */
export const isIcon = (edits) => edits.get("format") === "ico";

/** Return the size of the file in pixels: of an icon, that of its largest image. */
export const fileSizeOf = (edits) => (isIcon(edits) ? { width: ICON_SIDES.at(-1), height: ICON_SIDES.at(-1) } : sizeOf(edits));

/** Return the query of the file. */
export function fileQuery(edits) {
  const query = new URLSearchParams({ w: sizeOf(edits).width });
  for (const name of NAMES.slice(1)) for (const text of edits.getAll(name)) query.append(name, text);
  if (hasLengths(edits)) query.set("scale_from", edits.get("scale_from"));
  return readable(query);
}

/** Return the query for the page's address, "" without edits. */
export function pageQuery(edits) {
  const query = fileQuery(edits);
  return query === `w=${SIDE}` ? "" : query;
}

/** Return the query of a smaller file of the same look, or null if the file is small. */
export function draftQuery(edits, side) {
  const { width, height } = sizeOf(edits);
  const scale = side / Math.max(width, height);
  if (scale >= 1) return null;
  const query = new URLSearchParams(fileQuery(edits));
  query.set("w", Math.max(1, Math.round(width * scale)));
  query.set("h", Math.max(1, Math.round(height * scale)));
  if (SLOW.has(query.get("format"))) query.set("format", "webp");
  return readable(query);
}

/** Format a query without escaping commas and colons, which URLs allow in a query. */
const readable = (query) => String(query).replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%3B", ";");
