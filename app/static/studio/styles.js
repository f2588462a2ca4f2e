// Named styles. Each only adds words to the prompt, where they are seen and can be changed.

import { find, make } from "./dom.js";

export const STYLES = {
  Sticker: "die-cut sticker with a thick white outline",
  "Flat icon": "flat vector icon, simple shapes, four colors",
  Watercolor: "soft watercolor painting, visible brush strokes",
  "3D clay": "3D clay model, rounded shapes, soft light",
  "Pixel art": "pixel art, large pixels, few colors",
  "Line art": "black ink line drawing, even lines, no shading",
};

const ending = (words) => `, ${words}`;

/** Return the prompt without the words of any style. */
const plain = (prompt) => Object.values(STYLES).reduce((text, words) => text.replace(ending(words), ""), prompt);

/** Add a button for each style of the prompt in `field`; `onChange` is called if one changes it. */
export function addStyles(field, onChange) {
  const buttons = Object.entries(STYLES).map(([name, words]) => {
    const button = make("button", { type: "button", className: "chip", title: `Adds “${words}”` }, name);
    button.addEventListener("click", () => {
      const chosen = field.value.includes(words);
      const subject = plain(field.value).trimEnd();
      field.value = chosen ? subject : (subject || field.placeholder) + ending(words);
      onChange();
      show();
    });
    return { button, words };
  });
  const show = () => {
    for (const { button, words } of buttons) button.setAttribute("aria-pressed", field.value.includes(words));
  };
  find("#styles").append(...buttons.map(({ button }) => button));
  field.addEventListener("input", show);
  show();
  return show;
}
