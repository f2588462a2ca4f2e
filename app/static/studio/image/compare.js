// The original behind a slider, and faint below the brush.

import { find, make } from "../dom.js";
import { blobOf } from "../images.js";
import { errorMessage } from "../messages.js";
import { placeOverSquare } from "./geometry.js";
import { target } from "./target.js";

/** Set up the comparison in a canvas; return what shows the original and follows the edits. */
export function setUpCompare({ canvas, say }) {
  const toggle = find("#compare");
  const slider = find("#split");
  const img = make("img", { alt: "" });
  const square = make("div", { className: "square" }, img);
  const layer = make("div", { className: "original", hidden: true }, square);
  canvas.append(layer);
  let loading = null;

  /** Load the original once; its mode is "split" or "faint". */
  async function show(mode) {
    loading ??= blobOf(`images/${target.filename}/original`).then((blob) => {
      img.src = URL.createObjectURL(blob);
      return blob;
    });
    try {
      await loading;
    } catch (error) {
      loading = null;
      hide();
      say(errorMessage(error), "error");
      return false;
    }
    layer.dataset.mode = mode;
    layer.hidden = false;
    slider.hidden = mode !== "split";
    toggle.setAttribute("aria-pressed", mode === "split");
    return true;
  }

  function hide() {
    layer.hidden = true;
    slider.hidden = true;
    toggle.setAttribute("aria-pressed", false);
  }

  const move = () => layer.style.setProperty("--split", `${slider.value}%`);
  slider.addEventListener("input", move);
  toggle.addEventListener("click", () => {
    if (toggle.getAttribute("aria-pressed") === "true") hide();
    else show("split");
  });
  move();
  return { show, hide, refresh: (edits) => placeOverSquare(square, edits) };
}
