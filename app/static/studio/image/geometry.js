// Where the square image is placed in the result, as fractions of its sides.

import { isIcon, sizeOf } from "./edits.js";

/** Return left, top, width and height of the square, before it is rotated and flipped. */
export function squareBox(edits) {
  const { width, height } = sizeOf(edits);
  const padding = (Number(edits.get("padding")) || 0) * (width / Number(edits.get("scale_from")));
  const inner = { width: width - 2 * padding, height: height - 2 * padding };
  const fit = edits.get("fit");
  const side = fit === "cover" ? Math.max(inner.width, inner.height) : Math.min(inner.width, inner.height);
  const placed = fit === "fill" ? inner : { width: side, height: side };
  return {
    left: (width - placed.width) / 2 / width,
    top: (height - placed.height) / 2 / height,
    width: placed.width / width,
    height: placed.height / height,
  };
}

/** Return the CSS transform that rotates and flips the square as the edits do. */
export function orientation(edits) {
  const flip = edits.get("flip") ?? "";
  const scale = `scale(${flip.includes("h") ? -1 : 1}, ${flip.includes("v") ? -1 : 1})`;
  return `${scale} rotate(${Number(edits.get("rotate")) || 0}deg)`;
}

/** Place an element over the square; hide it over an icon that is trimmed to its subject. */
export function placeOverSquare(element, edits) {
  element.style.visibility = isIcon(edits) && !edits.has("padding") ? "hidden" : "";
  const box = squareBox(edits);
  for (const [name, share] of Object.entries(box)) element.style[name] = `${100 * share}%`;
  element.style.transform = orientation(edits);
}
