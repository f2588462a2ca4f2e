// The backdrop behind an image, which shows its transparency.

import { find, make } from "./dom.js";

const BACKDROPS = { checker: "Checkerboard", dark: "Dark", light: "Light", own: "Custom color" };

/** Add controls that choose the backdrop of a stage. */
export function addBackdropPicker(stage) {
  const name = `backdrop-${stage.id}`;
  const color = make("input", { type: "color", value: "#e8590c", "aria-label": "Custom backdrop color" });
  const choose = (backdrop) => {
    stage.dataset.backdrop = backdrop;
    find(`input[value=${backdrop}]`, group).checked = true;
  };
  const choices = Object.entries(BACKDROPS).map(([value, label]) => make(
    "label", { className: `swatch ${value}`, title: label },
    make("input", { type: "radio", name, value, "aria-label": label }),
  ));
  const group = make(
    "fieldset", { className: "backdrops" },
    make("legend", { className: "visually-hidden" }, "Backdrop"), ...choices, color,
  );
  group.addEventListener("change", (event) => {
    // The page's policy allows styles set by script, but no style attributes in markup.
    stage.style.setProperty("--own", color.value);
    choose(event.target === color ? "own" : event.target.value);
  });
  stage.after(group);
  stage.style.setProperty("--own", color.value);
  choose("checker");
}
