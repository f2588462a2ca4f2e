// The brush, which erases and restores parts of the cutout: by pointer, or with arrows and space.

import { find, make } from "../dom.js";
import { blobOf } from "../images.js";
import { tabStorage } from "../storage.js";
import { placeOverSquare } from "./geometry.js";
import { draw, layersOf, maskOf, maskSize } from "./strokes.js";

const STEP = 0.02; // of the width: how far an arrow moves the cursor
const nameOf = (id) => `image-generator-strokes-${id}`;

/**
 * Set up the brush in a canvas.
 *
 * `onToggle` is called with whether it is on, and `onChange` when there are other strokes.
 */
export function setUpBrush({ canvas, imageId, onToggle, onChange }) {
  const surface = make("canvas", { className: "surface", tabIndex: 0 });
  surface.setAttribute("aria-label", "Brush: arrows move it, space paints");
  surface.setAttribute("role", "img");
  const cursor = make("div", { className: "cursor" });
  const square = make("div", { className: "square brush", hidden: true }, surface, cursor);
  canvas.append(square);
  const toggle = find("#brush");
  const earlier = read(imageId); // the strokes that this image was made with, in the tab that drew them
  let strokes = earlier;
  let stored = null; // the layers of the mask that this image was made with, in every other tab
  let layers = null;
  let load = async () => {}; // loads them once
  let size = null; // of the mask, once the original's is known
  let at = [0.5, 0.5];

  const kind = () => find("input[name=brush-kind]:checked").value;
  const width = () => Number(find("#brush-size").value) / 100;

  function redraw() {
    draw(surface, strokes, layers);
    find("#brush-undo").disabled = strokes.length === 0;
    find("#brush-clear").disabled = strokes.length === 0 && !layers;
  }

  function change(next) {
    strokes = next;
    redraw();
    onChange();
  }

  function point(event) {
    const box = surface.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function moveCursor(position) {
    at = position;
    cursor.style.left = `${100 * at[0]}%`;
    cursor.style.top = `${100 * at[1]}%`;
    cursor.style.width = `${100 * width()}%`;
  }

  surface.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    surface.focus();
    surface.setPointerCapture(event.pointerId);
    strokes = [...strokes, { kind: kind(), size: width(), points: [point(event)] }];
    redraw();
  });
  surface.addEventListener("pointermove", (event) => {
    moveCursor(point(event));
    if (!surface.hasPointerCapture(event.pointerId)) return;
    strokes.at(-1).points.push(point(event));
    redraw();
  });
  surface.addEventListener("pointerup", () => onChange());
  surface.addEventListener("keydown", (event) => {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (x || y) moveCursor([at[0] + STEP * x, at[1] + STEP * y].map((each) => Math.min(1, Math.max(0, each))));
    else if (event.key === " " || event.key === "Enter") change([...strokes, { kind: kind(), size: width(), points: [at] }]);
    else return;
    event.preventDefault();
  });
  find("#brush-undo").addEventListener("click", () => change(strokes.slice(0, -1)));
  find("#brush-clear").addEventListener("click", () => {
    layers = null;
    change([]);
  });
  find("#brush-size").addEventListener("input", () => moveCursor(at));
  toggle.addEventListener("click", () => {
    const isOn = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", isOn);
    square.hidden = !isOn;
    find("#brush-tools").hidden = !isOn;
    moveCursor(at);
    redraw();
    onToggle(isOn);
  });

  function fit(next) {
    size = { width: next.width, height: next.height };
    Object.assign(surface, size);
    surface.style.aspectRatio = `${size.width} / ${size.height}`;
    redraw();
  }

  /** Return a function that loads the stored mask of an image, once it succeeds. */
  function loader(filename) {
    let loading = null;
    return () => (loading ??= blobOf(`images/${filename}/mask`).then(layersOf).then((found) => {
      layers = stored = found;
      fit(found.mask);
    }).catch((error) => {
      loading = null;
      throw error;
    }));
  }

  return {
    /** Fit the surface to the original, which the mask lies stretched over, and load that. */
    describe({ filename, original, cutout_options: options }) {
      fit(maskSize(original ?? { width: 1024, height: 1024 }));
      if (!options?.mask || earlier.length) return;
      load = loader(filename);
      load().catch(() => {}); // saving tries again, and says what is wrong
    },
    refresh: (edits) => placeOverSquare(square, edits),
    isChanged: () => layers !== stored || JSON.stringify(strokes) !== JSON.stringify(earlier),
    /** Return the mask with the strokes, or null if there is nothing in it. */
    async mask() {
      await load();
      return strokes.length || layers ? maskOf(strokes, layers, size) : null;
    },
    /** Keep the strokes for the image that is made with them, unless they are only a part of its mask. */
    keepFor: (id) => !layers && tabStorage.save(nameOf(id), JSON.stringify(strokes)),
  };
}

function read(id) {
  try {
    return JSON.parse(tabStorage.load(nameOf(id)) ?? "[]");
  } catch {
    return [];
  }
}
