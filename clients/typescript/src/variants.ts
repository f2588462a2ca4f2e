/** Addresses of variants: their only form, and signatures (docs/variants.md of the service). */

/** The parameters of a variant; docs/variants.md of the service describes them. */
export interface Variant {
  w?: number;
  h?: number;
  dpr?: number;
  /** The width that padding, outline, shadow, blur and pixelate are given for. */
  scale_from?: number;
  fit?: "contain" | "cover" | "fill";
  format?: "png" | "webp" | "avif" | "jpeg" | "ico" | "svg" | "auto";
  quality?: number;
  background?: string;
  padding?: number;
  brightness?: number;
  contrast?: number;
  saturation?: number;
  gamma?: number;
  sharpness?: number;
  hue?: number;
  /** One filter or several, such as `["sepia", "blur:2"]`. */
  filter?: string | string[];
  rotate?: 0 | 90 | 180 | 270;
  flip?: "h" | "v" | "hv";
  /** `"8,ff0000"` or `[8, "ff0000"]`. */
  outline?: string | (number | string)[];
  /** `"0,8,12,000000,0.4"` or its parts. */
  shadow?: string | (number | string)[];
  /** One pair of colors such as `"ff0000:00aa44"`, or several. */
  recolor?: string | string[];
  holes?: string;
  cutout_shadow?: "cut" | "keep";
}

type Values = Record<string, any>;
type Pair = [name: string, text: string];
type Kind = "number" | "color" | "pixels" | "length";
/** Factors of lengths; one of them is 1. */
type Lengths = { dpr: number; scale: number };
type Argument = [kind: Kind, usual: number | string | null];

const SIDE = 256;
const QUALITY: Values = { webp: 85, avif: 65, jpeg: 85 };
const LOSSLESS = ["png", "ico", "svg"];
const UNCHANGED: Record<string, number> = {
  brightness: 1,
  contrast: 1,
  saturation: 1,
  gamma: 1,
  sharpness: 1,
  hue: 0,
};
// Arguments with their defaults. `dpr` or `scale_from` multiplies pixels, which are rounded before,
// and lengths.
const AMOUNT: Argument = ["number", 1];
const FILTERS: Record<string, Argument[]> = {
  grayscale: [AMOUNT],
  sepia: [AMOUNT],
  invert: [AMOUNT],
  sharpen: [AMOUNT],
  opacity: [["number", 0.5]],
  posterize: [["number", 4]],
  solarize: [["number", 128]],
  duotone: [["color", null], ["color", null]],
  tint: [["color", null], AMOUNT],
  blur: [["pixels", 2]],
  pixelate: [["pixels", 8]],
};
const LEAST: Record<string, number> = { blur: 0.1, pixelate: 2 }; // pixels, whatever the scale
const LENGTH: Argument = ["length", null];
const OUTLINE: Argument[] = [LENGTH, ["color", "fff"]];
const SHADOW: Argument[] = [LENGTH, LENGTH, LENGTH, ["color", "000"], ["number", 0.5]];

/** The query of a variant and the text to sign; both are "" for the plain image. */
export function describe(variant: Variant): { query: string; canonical: string } {
  const format = variant.format ?? "png";
  const formats = format === "auto" ? ["avif", "webp", "png"] : [format];
  const canonical = formats.map((each) => join(toPairs(variant, each))).join("|");
  if (!canonical) return { query: "", canonical };
  const pairs = toPairs(variant, format);
  const missing = ["w", "h"].filter((name) => !pairs.some(([other]) => other === name));
  if (missing.length === 1) pairs.push([missing[0]!, String(SIDE)]); // one alone would set both
  return { query: join(sorted(pairs.map(([name, text]) => [name, encode(text)]))), canonical };
}

/** The query of a variant, signed until a time in seconds since 1970. */
export async function sign(id: string, variant: Variant, key: string, expires: number) {
  const { query, canonical } = describe(variant);
  if (!canonical) return "";
  const utf8 = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", utf8.encode(key), hmac, false, ["sign"]);
  const text = utf8.encode(`${id}\n${canonical}\n${expires}`);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", secret, text));
  const sig = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${query}&expires=${expires}&sig=${sig}`;
}

/** The parameters that differ from the plain image, sorted by name. */
function toPairs(variant: Variant, format: string): Pair[] {
  const isGiven = ([, value]: [string, unknown]) => value !== undefined && value !== null && value !== "";
  const given: Values = Object.fromEntries(Object.entries(variant).filter(isGiven));
  const [width, height, lengths] = sides(given);
  const filters: string[] = [take(given, "filter", [])].flat();
  const colors: string[] = [take(given, "recolor", [])].flat();
  const values = { ...geometry(given, width, height, lengths), ...effects(given, lengths), ...file(given, format) };
  const unknown = Object.keys(given).sort().join(", ");
  if (unknown) throw new TypeError(`unknown parameters of a variant: ${unknown}`);
  const pairs = Object.entries(values).filter(isGiven).filter(([, value]) => value !== 0);
  return sorted([
    ...filters.map((text): Pair => ["filter", filter(text, lengths)]),
    ...colors.map(recolor).filter(Boolean).sort().map((text): Pair => ["recolor", text]),
    ...pairs.map(([name, value]): Pair => [name, String(value)]),
  ]);
}

/** The sides, px, and the factors of lengths. */
function sides(given: Values): [width: number, height: number, lengths: Lengths] {
  const dpr = Number(number(take(given, "dpr", 1)));
  const [w, h] = [take(given, "w", 0), take(given, "h", 0)];
  const [width, height] = [pixels(w || h || SIDE, dpr), pixels(h || w || SIDE, dpr)];
  const reference = Math.trunc(take(given, "scale_from", 0));
  return [width, height, reference ? { dpr: 1, scale: width / reference } : { dpr, scale: 1 }];
}

function geometry(given: Values, width: number, height: number, lengths: Lengths): Values {
  const [fit, flip] = [take(given, "fit", "contain"), String(take(given, "flip", ""))];
  return {
    w: width === SIDE ? null : width,
    h: height === SIDE ? null : height,
    fit: fit === "contain" || width === height ? null : fit,
    padding: padding(take(given, "padding", 0), Math.min(width, height), lengths),
    rotate: (Number(take(given, "rotate", 0)) + (flip.includes("v") ? 180 : 0)) % 360,
    flip: ["h", "v"].includes(flip) ? "h" : null,
  };
}

function effects(given: Values, lengths: Lengths): Values {
  const values: Values = {};
  for (const [name, usual] of Object.entries(UNCHANGED)) {
    const text = number(take(given, name, usual));
    if (text !== number(usual)) values[name] = name === "hue" && text === "-180" ? "180" : text;
  }
  const outline = texts(take(given, "outline", "0"), OUTLINE, lengths);
  const shadow = texts(take(given, "shadow", "0,0,0,000,0"), SHADOW, lengths);
  return {
    ...values,
    outline: outline[0] === "0" ? null : outline.join(),
    shadow: shadow[4] === "0" ? null : shadow.join(),
    holes: holes(String(take(given, "holes", ""))),
    cutout_shadow: take(given, "cutout_shadow", null),
  };
}

function file(given: Values, format: string): Values {
  take(given, "format", null);
  const quality = Number(take(given, "quality", 0));
  const background = take(given, "background", null);
  if (format === "jpeg" && background === "transparent") {
    throw new RangeError("JPEG has no transparency");
  }
  const tint = background === null || background === "transparent" ? null : color(background);
  return {
    format: format === "png" ? null : format,
    quality: LOSSLESS.includes(format) || quality === QUALITY[format] ? null : quality,
    background: format === "jpeg" && tint === "ffffff" ? null : tint,
  };
}

function filter(text: string, lengths: Lengths): string {
  const [name = "", rest] = text.split(/:(.*)/s);
  const kinds = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (!kinds) throw new RangeError(`unknown filter: ${name}`);
  return `${name}:${texts(rest || [], kinds, lengths, LEAST[name]).join()}`;
}

/** The texts of arguments, which may be one text with commas, in their only form. */
function texts(
  value: string | (string | number)[], kinds: Argument[], lengths: Lengths, least = -Infinity,
): string[] {
  const given = typeof value === "string" ? value.split(",") : value;
  const completed = [...given, ...kinds.slice(given.length).map(([, usual]) => usual)];
  if (completed.length !== kinds.length || completed.includes(null)) {
    throw new RangeError(`wrong number of arguments: ${value}`);
  }
  return kinds.map(([kind], at) => {
    const each = completed[at]!;
    if (kind === "color") return color(each);
    if (kind === "number") return number(each);
    return kind === "pixels" ? scaled(number(each), lengths, least) : scaled(each, lengths);
  });
}

function scaled(length: unknown, { dpr, scale }: Lengths, least = -Infinity): string {
  const own = Number(length) * dpr;
  return number(scale === 1 ? own : Math.max(least, Number(number(own)) * scale));
}

/** A padding in pixels of the result, which leaves some of its shorter side. */
function padding(length: unknown, shorter: number, { dpr, scale }: Lengths): number {
  const own = pixels(length, dpr);
  return scale === 1 ? own : Math.min(pixels(own, scale), Math.floor((shorter - 1) / 2));
}

function holes(text: string): string {
  const lists: Values = Object.fromEntries(text.split(";").map((part) => part.split(":")));
  const parts = ["keep", "cut"].filter((name) => lists[name] !== undefined).map((name) => {
    const numbers = new Set<number>(lists[name].split(",").map(Number));
    return `${name}:${[...numbers].sort((a, b) => a - b).join()}`;
  });
  return parts.join(";") || text;
}

function recolor(text: string): string {
  const pair = text.split(":").map(color);
  if (pair.length !== 2) throw new RangeError(`not two colors such as ff0000:00aa44: ${text}`);
  return pair[0] === pair[1] ? "" : pair.join(":");
}

function color(value: unknown): string {
  const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/.exec(String(value).toLowerCase())?.[1];
  if (!digits) throw new RangeError(`not a color such as ff8800: ${value}`);
  return digits.length === 6 ? digits : digits.replace(/./g, "$&$&");
}

function pixels(length: unknown, dpr: number): number {
  return Math.floor(Number(length) * dpr + 0.5); // half up
}

/** Thousandths without trailing zeros. Ties, which are sixteenths, go to the even digit. */
function number(value: unknown): string {
  const exact = Number(value);
  if (!Number.isFinite(exact)) throw new RangeError(`not a number: ${value}`);
  const isTie = Number.isInteger(exact * 16) && exact % 0.125 !== 0;
  const rounded = isTie ? 2 * Math.round(exact * 500) / 1000 : Number(exact.toFixed(3));
  return String(rounded + 0); // no negative zero
}

function take(given: Values, name: string, usual: any): any {
  const value = given[name] ?? usual;
  delete given[name];
  return value;
}

function sorted(pairs: Pair[]): Pair[] {
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); // stable: filters keep their order
}

function join(pairs: Pair[]): string {
  return pairs.map(([name, text]) => `${name}=${text}`).join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/%3A/g, ":").replace(/%2C/g, ",");
}
