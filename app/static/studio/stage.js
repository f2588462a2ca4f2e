// The stage: one place for each image of a request, and the backdrop behind them.

import { find, make } from "./dom.js";
import { pageOf, showImage } from "./images.js";

const BACKDROPS = { checker: "Checkerboard", dark: "Dark", light: "Light", own: "Custom color" };
const stage = find("#stage");
const list = find("#candidates");

const place = (index) => list.children[index];

/** Show `count` empty places in which images will appear. */
export function beginImages(count) {
  find("#examples").hidden = true;
  list.hidden = false;
  list.replaceChildren(...Array.from({ length: count }, () => make("li", { className: "candidate busy" })));
}

/** Show the examples again. */
export function clearStage() {
  list.hidden = true;
  list.replaceChildren();
  find("#examples").hidden = false;
}

/** Show an unfinished image, a data URL. */
export function showPreview(index, url) {
  const known = find("img", place(index));
  if (known) known.src = url;
  else place(index).append(make("img", { src: url, alt: "Preview of the image being generated" }));
}

/** Show a finished image, which leads to its page. */
export function showCandidate(index, image) {
  const item = place(index);
  if (item.dataset.filename === image.filename) return;
  item.dataset.filename = image.filename;
  item.classList.remove("busy");
  const img = make("img", { alt: image.prompt });
  const width = Math.round(Math.min(item.clientWidth, item.clientHeight)) || 480;
  showImage(img, image, width);
  item.replaceChildren(make("a", { href: pageOf(image) }, img));
}

/** Show why there is no image. */
export function showFailure(index, text) {
  place(index).classList.remove("busy");
  place(index).replaceChildren(make("p", {}, text));
}

/** Add a button to each finished image of several; `keep` is called with the index of its image. */
export function addChoices(keep) {
  [...list.children].forEach((item, index) => {
    if (!item.dataset.filename) return;
    const button = make("button", { type: "button", className: "small" }, "Keep only this");
    button.addEventListener("click", () => keep(index));
    item.append(button);
  });
}

/** Add controls that choose the backdrop of the stage. */
export function addBackdropPicker() {
  const color = make("input", { type: "color", value: "#e8590c", "aria-label": "Custom backdrop color" });
  const choose = (backdrop) => {
    stage.dataset.backdrop = backdrop;
    find(`input[value=${backdrop}]`, group).checked = true;
  };
  const choices = Object.entries(BACKDROPS).map(([value, label]) => make(
    "label", { className: `swatch ${value}`, title: label },
    make("input", { type: "radio", name: "backdrop", value, "aria-label": label }),
  ));
  const group = make(
    "fieldset", { className: "backdrops" }, make("legend", { className: "visually-hidden" }, "Backdrop"), ...choices, color,
  );
  group.addEventListener("change", (event) => {
    // The page's policy allows styles set by script, but no style attributes in markup.
    stage.style.setProperty("--own", color.value);
    choose(event.target === color ? "own" : event.target.value);
  });
  stage.append(group);
  choose("checker");
}
