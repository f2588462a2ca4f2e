// Strokes of the brush: drawn on canvases of any size, and as the mask of a cutout.

import { make } from "../dom.js";

const MAX_SIDE = 1024; // px of a mask
const LEAVE = 128; // level of a stored mask that decides nothing; 0 erases, 255 restores
const COLORS = {
  shown: { erase: [229, 72, 77], restore: [70, 167, 88] },
  mask: { erase: [0, 0, 0], restore: [255, 255, 255] },
};

/** Return the size of a mask for an original, which it lies stretched over. */
export function maskSize({ width, height }) {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Return a stored mask as layers to draw strokes on: in the colors of the brush, and of masks. */
export async function layersOf(blob) {
  const bitmap = await createImageBitmap(blob);
  return { shown: layer(bitmap, COLORS.shown), mask: layer(bitmap, COLORS.mask) };
}

function layer(bitmap, { erase, restore }) {
  const canvas = make("canvas", { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    const level = data[at] - LEAVE;
    const color = level < 0 ? erase : restore;
    for (let channel = 0; channel < 3; channel += 1) data[at + channel] = color[channel];
    data[at + 3] = 2 * Math.abs(level); // at most 255, as the array clamps
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * Draw strokes on a canvas, over the layers of a stored mask if there are some.
 *
 * Points and sizes of strokes are fractions of the canvas's width and height, and width.
 */
export function draw(canvas, strokes, layers, kindOfColors = "shown") {
  const colors = COLORS[kindOfColors];
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  if (layers) context.drawImage(layers[kindOfColors], 0, 0, canvas.width, canvas.height);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { kind, size, points } of strokes) {
    context.strokeStyle = `rgb(${colors[kind]})`;
    context.lineWidth = size * canvas.width;
    context.beginPath();
    const [first, ...rest] = points.map(([x, y]) => [x * canvas.width, y * canvas.height]);
    context.moveTo(...first);
    if (rest.length === 0) context.lineTo(first[0] + 0.01, first[1]); // a dot
    for (const point of rest) context.lineTo(...point);
    context.stroke();
  }
}

/** Return the mask of strokes as a data URL of a PNG: black erases, white restores. */
export function maskOf(strokes, layers, size) {
  const canvas = make("canvas", size);
  draw(canvas, strokes, layers, "mask");
  return canvas.toDataURL("image/png");
}
