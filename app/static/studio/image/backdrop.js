// The backdrop behind the image. By default a checkerboard; where white parts are in doubt, a color
// that the image doesn't have, on which they show.

import { find, make } from "../dom.js";

const BACKDROPS = { checker: "Checkerboard", dark: "Dark", light: "Light", own: "Custom color" };
const SAMPLE = 16; // px

/** Add controls after `before`, and return a function that chooses a backdrop and maybe a color. */
export function addBackdropPicker(stage, place) {
  const color = make("input", { type: "color", value: "#e8590c", "aria-label": "Custom backdrop color" });
  let isChosen = false;
  const choose = (backdrop) => {
    stage.style.setProperty("--own", color.value); // the policy allows styles set by script
    stage.dataset.backdrop = backdrop;
    find(`input[value=${backdrop}]`, group).checked = true;
  };
  const choices = Object.entries(BACKDROPS).map(([value, label]) => make(
    "label", { className: `swatch ${value}`, title: label },
    make("input", { type: "radio", name: "backdrop", value, "aria-label": label }),
  ));
  const group = make(
    "fieldset", { className: "backdrops" },
    make("legend", { className: "visually-hidden" }, "Backdrop"), ...choices, color,
  );
  group.addEventListener("change", (event) => {
    isChosen = true;
    choose(event.target === color ? "own" : event.target.value);
  });
  place.append(group);
  choose("checker");
  return (img) => {
    if (isChosen) return;
    color.value = contrasting(img);
    choose("own");
  };
}

/** Return a color of the hue that is opposite to the image's, dark enough for white to show. */
function contrasting(img) {
  const canvas = make("canvas", { width: SAMPLE, height: SAMPLE });
  const context = canvas.getContext("2d");
  context.drawImage(img, 0, 0, SAMPLE, SAMPLE);
  let [x, y] = [0, 0]; // the mean of the hues, as a vector weighted by chroma and opacity
  const { data } = context.getImageData(0, 0, SAMPLE, SAMPLE);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = data.subarray(at, at + 4);
    x += alpha * (red - (green + blue) / 2);
    y += alpha * (Math.sqrt(3) / 2) * (green - blue);
  }
  const hue = Math.atan2(-y, -x);
  const level = (shift) => Math.round(96 + 72 * Math.cos(hue - shift)).toString(16).padStart(2, "0");
  return `#${level(0)}${level((2 * Math.PI) / 3)}${level((4 * Math.PI) / 3)}`;
}
