// The parameters of a variant: their labels, controls and serialization.

const number = (label, min, max, step, value) => ({ kind: "number", label, min, max, step, value });
const color = (label, value) => ({ kind: "color", label, value });
const choice = (label, options) => ({ kind: "choice", label, options, value: Object.keys(options)[0] });

const always = (name, field) => ({ name, fields: [field], neutral: String(field.value) });
const optional = (name, label, ...fields) => ({ name, label, fields, optional: true });

export const GROUPS = [
  { title: "Size and format", open: true, parts: [
    always("w", number("Width", 1, 2048, 1, 256)),
    optional("h", "Set the height", number("Height", 1, 2048, 1, 256)),
    always("dpr", number("Pixel ratio", 1, 4, 0.5, 1)),
    always("fit", choice("Fit", { contain: "contain", cover: "cover", fill: "stretch" })),
    always("padding", number("Padding", 0, 512, 1, 0)),
    always("format", choice("Format", { png: "PNG", webp: "WebP", avif: "AVIF", jpeg: "JPEG", auto: "best for the browser" })),
    optional("quality", "Set the quality", number("Quality", 1, 100, 1, 80)),
    optional("background", "Background", color("Background color", "#ffffff")),
  ] },
  { title: "Color", parts: [
    always("brightness", number("Brightness", 0, 4, 0.05, 1)),
    always("contrast", number("Contrast", 0, 4, 0.05, 1)),
    always("saturation", number("Saturation", 0, 4, 0.05, 1)),
    always("hue", number("Hue", -180, 180, 1, 0)),
    always("gamma", number("Gamma", 0.1, 4, 0.05, 1)),
    always("sharpness", number("Sharpness", 0, 4, 0.05, 1)),
  ] },
  { title: "Rotate, flip, holes", parts: [
    always("rotate", choice("Rotate", { 0: "none", 90: "90° clockwise", 180: "180°", 270: "90° anticlockwise" })),
    always("flip", choice("Flip", { "": "none", h: "left and right", v: "top and bottom", hv: "both" })),
    always("holes", choice("Enclosed white", { auto: "automatic", keep: "keep all", cut: "cut all" })),
    always("cutout_shadow", choice("Shadow in the image", { "": "as stored", cut: "cut", keep: "keep" })),
  ] },
  { title: "Outline and shadow", parts: [
    optional("outline", "Outline", number("Outline width", 0, 64, 1, 6), color("Outline color", "#ffffff")),
    optional(
      "shadow", "Shadow",
      number("To the right", -256, 256, 1, 0), number("Down", -256, 256, 1, 6), number("Blur", 0, 64, 1, 6),
      color("Shadow color", "#000000"), number("Opacity", 0, 1, 0.05, 0.5),
    ),
  ] },
];

export const MAX_FILTERS = 8;

const amount = (value = 1) => [number("Amount", 0.01, 1, 0.01, value)];

export const FILTERS = {
  grayscale: { label: "Grayscale", fields: amount() },
  sepia: { label: "Sepia", fields: amount() },
  invert: { label: "Invert", fields: amount() },
  opacity: { label: "Opacity", fields: [number("Amount", 0, 1, 0.01, 0.5)] },
  posterize: { label: "Posterize", fields: [number("Levels", 2, 64, 1, 4)] },
  solarize: { label: "Solarize", fields: [number("Threshold", 0, 255, 1, 128)] },
  duotone: { label: "Duotone", fields: [color("Dark color", "#1e1450"), color("Light color", "#ffdc96")] },
  tint: { label: "Tint", fields: [color("Tint color", "#0f766e"), ...amount(0.5)] },
  blur: { label: "Blur", fields: [number("Pixels", 0.1, 64, 0.1, 2)] },
  sharpen: { label: "Sharpen", fields: [number("Amount", 0.01, 4, 0.01, 1)] },
  pixelate: { label: "Pixelate", fields: [number("Pixels", 2, 256, 1, 8)] },
};

/** Serialize the values of a parameter, without `#`, which would have to be escaped. */
export const serialize = (values) => values.map((value) => value.replace(/^#/, "")).join(",");
