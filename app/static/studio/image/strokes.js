// Strokes of the brush: drawn on canvases of any size, and as the mask of a cutout.

const MAX_SIDE = 1024; // px of a mask
const SHOWN = { erase: "#e5484d", restore: "#46a758" };
const MASK = { erase: "#000000", restore: "#ffffff" };

/** Return the size of a mask for an original, which it lies stretched over. */
export function maskSize({ width, height }) {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Draw strokes on a canvas. Points and sizes are fractions of its width and height, and width. */
export function draw(canvas, strokes, colors = SHOWN) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const { kind, size, points } of strokes) {
    context.strokeStyle = colors[kind];
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
export function maskOf(strokes, size) {
  const canvas = Object.assign(document.createElement("canvas"), size);
  draw(canvas, strokes, MASK);
  return canvas.toDataURL("image/png");
}
