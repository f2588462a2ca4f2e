// Form controls for the fields described in variants.js. Each has `element` and `value()`.

import { make } from "../dom.js";

/** Return a control with an id of its own that shows a text, or the field's default. */
export function control(field, id, text, onChange) {
  return { number, color, choice }[field.kind](field, `field-${id}`, text, onChange);
}

function number({ label, min, max, step, value, slider: [low, high] = [min, max], sizes = [] }, id, text, onChange) {
  const shown = text ?? value;
  const slider = make("input", { type: "range", id, min: low, max: high, step, value: shown });
  // The slider and the number input share one value; the slider may be narrower.
  const exact = make("input", { type: "number", id: `${id}-exact`, "aria-label": `${label}, as a number`, min, max, step, value: shown });
  const set = (next) => { slider.value = next; exact.value = next; onChange(); };
  slider.addEventListener("input", () => set(slider.value));
  exact.addEventListener("input", () => {
    if (!exact.validity.valid || exact.value === "") return;
    slider.value = exact.value;
    onChange();
  });
  const buttons = sizes.map((size) => {
    const button = make("button", { type: "button", className: "small", "aria-label": `${size} pixels` }, size);
    button.addEventListener("click", () => set(size));
    return button;
  });
  const row = make("div", { className: "sizes", hidden: sizes.length === 0 }, ...buttons);
  const element = make("div", { className: "field number" }, make("label", { htmlFor: id }, label), slider, exact, row);
  let last = String(shown);
  return {
    element,
    value: () => {
      if (exact.validity.valid && exact.value !== "") last = exact.value;
      return last;
    },
  };
}

function color({ label, value }, id, text, onChange) {
  const input = make("input", { type: "color", id, value: text ? sixDigits(text) : value });
  input.addEventListener("input", onChange);
  const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label), input);
  return { element, value: () => input.value };
}

/** Return a color as the input needs it: `f80` is `#ff8800`. */
function sixDigits(text) {
  const digits = text.replace("#", "");
  return `#${digits.length === 3 ? digits.replace(/./g, "$&$&") : digits}`;
}

function choice({ label, options, value }, id, text, onChange) {
  const known = text === undefined || Object.hasOwn(options, text) ? options : { ...options, [text]: "Custom" };
  const entries = Object.entries(known).map(([name, title]) => make("option", { value: name }, title));
  const input = make("select", { id }, ...entries);
  input.value = text ?? value;
  input.addEventListener("change", onChange);
  const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label), input);
  return { element, value: () => input.value };
}
