// What pictures lie on, to see that their backgrounds are transparent.

import { find, make } from "./dom.js";

const BACKDROPS = { checker: "Checkerboard", dark: "Dark", light: "Light", own: "Own colour" };

/** Let people choose what is behind the picture of a stage. */
export function addBackdrops(stage) {
  const name = `backdrop-${stage.id}`;
  const colour = make("input", { type: "color", value: "#e8590c", "aria-label": "Own colour behind the picture" });
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
    make("legend", { className: "unseen" }, "Behind the picture"), ...choices, colour,
  );
  group.addEventListener("change", (event) => {
    // Set by script, which the page's policy allows; style attributes in markup it doesn't.
    stage.style.setProperty("--own", colour.value);
    choose(event.target === colour ? "own" : event.target.value);
  });
  stage.after(group);
  stage.style.setProperty("--own", colour.value);
  choose("checker");
}
