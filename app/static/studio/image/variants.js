// The parameters of a variant: their labels, controls and serialization.

const number = (label, min, max, step, value, extra) => ({ kind: "number", label, min, max, step, value, ...extra });
const color = (label, value) => ({ kind: "color", label, value });
const choice = (label, options) => ({ kind: "choice", label, options, value: Object.keys(options)[0] });
// Unchanged is in the middle of the slider; the number goes further.
const factor = (label, min = 0) => number(label, min, 4, 0.05, 1, { slider: [min, 2 - min] });

const always = (name, field) => ({ name, fields: [field], neutral: String(field.value) });
const optional = (name, label, ...fields) => ({ name, label, fields, optional: true });

export const GROUPS = [
  { title: "Size and format", open: true, parts: [
    always("w", number("Width", 1, 2048, 1, 1024, { sizes: [256, 512, 1024, 2048] })),
    optional("h", "Custom height", number("Height", 1, 2048, 1, 1024)),
    always("fit", choice("Fit", { contain: "Contain", cover: "Cover", fill: "Stretch" })),
    always("padding", number("Padding", 0, 512, 1, 0, { slider: [0, 200] })),
    always("format", choice("Format", { png: "PNG", webp: "WebP", avif: "AVIF", jpeg: "JPEG", ico: "ICO (icon)", svg: "SVG (flat shapes)", auto: "Auto (best for the browser)" })),
    optional("quality", "Compression", number("Quality", 1, 100, 1, 80)),
    optional("background", "Background", color("Background color", "#ffffff")),
  ] },
  { title: "Color", parts: [
    always("brightness", factor("Brightness")),
    always("contrast", factor("Contrast")),
    always("saturation", factor("Saturation")),
    always("hue", number("Hue", -180, 180, 1, 0)),
    always("gamma", factor("Gamma", 0.1)),
    always("sharpness", factor("Sharpness")),
  ] },
  { title: "Outline and shadow", parts: [
    optional("outline", "Outline", number("Outline width", 0, 64, 1, 12), color("Outline color", "#ffffff")),
    optional(
      "shadow", "Shadow",
      number("Offset X", -256, 256, 1, 0, { slider: [-64, 64] }), number("Offset Y", -256, 256, 1, 12, { slider: [-64, 64] }),
      number("Blur", 0, 64, 1, 12), color("Shadow color", "#000000"), number("Opacity", 0, 1, 0.05, 0.5),
    ),
  ] },
  { title: "Rotate and flip", parts: [
    always("rotate", choice("Rotate", { 0: "None", 90: "90° clockwise", 180: "180°", 270: "90° counterclockwise" })),
    always("flip", choice("Flip", { "": "None", h: "Horizontal", v: "Vertical", hv: "Both" })),
  ] },
  { title: "Background removal", parts: [
    always("holes", choice("White areas inside", { "": "As saved", auto: "Auto", keep: "Keep all", cut: "Remove all" })),
    always("cutout_shadow", choice("Shadow in the image", { "": "As saved", cut: "Remove", keep: "Keep" })),
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
  blur: { label: "Blur", fields: [number("Blur radius", 0.1, 64, 0.1, 4)] },
  sharpen: { label: "Sharpen", fields: [number("Amount", 0.01, 4, 0.01, 1)] },
  pixelate: { label: "Pixelate", fields: [number("Pixel size", 2, 256, 1, 16)] },
};

/** Serialize the values of a parameter, without `#`, which would have to be escaped. */
export const serialize = (values) => values.map((value) => value.replace(/^#/, "")).join(",");
