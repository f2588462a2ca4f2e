// Form controls for the fields described in variants.js. Each has `element` and `value()`.

import { make } from "./dom.js";

let count = 0;

export function control(field, onChange) {
  return { number, color, choice }[field.kind](field, onChange);
}

function number({ label, min, max, step, value }, onChange) {
  const id = `field-${(count += 1)}`;
  const range = { min, max, step, value };
  const slider = make("input", { type: "range", id, ...range });
  // The slider and the number input share one value.
  const exact = make("input", { type: "number", "aria-label": `${label}, as a number`, ...range });
  slider.addEventListener("input", () => { exact.value = slider.value; onChange(); });
  exact.addEventListener("input", () => {
    if (!exact.validity.valid || exact.value === "") return;
    slider.value = exact.value;
    onChange();
  });
  const element = make("div", { className: "field number" }, make("label", { htmlFor: id }, label), slider, exact);
  return { element, value: () => slider.value };
}

function color({ label, value }, onChange) {
  const id = `field-${(count += 1)}`;
  const input = make("input", { type: "color", id, value });
  input.addEventListener("input", onChange);
  const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label), input);
  return { element, value: () => input.value };
}

function choice({ label, options, value }, onChange) {
  const id = `field-${(count += 1)}`;
  const entries = Object.entries(options).map(([name, text]) => make("option", { value: name }, text));
  const input = make("select", { id }, ...entries);
  input.value = value;
  input.addEventListener("change", onChange);
  const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label), input);
  return { element, value: () => input.value };
}
