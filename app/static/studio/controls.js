// Form controls for fields as variants.js describes them. Each has `element` and `value()`.

import { make } from "./dom.js";

let count = 0;

export function control(field, changed) {
  return { number, colour, choice }[field.kind](field, changed);
}

function number({ label, min, max, step, value }, changed) {
  const id = `field-${(count += 1)}`;
  const range = { min, max, step, value };
  const slider = make("input", { type: "range", id, ...range });
  // A slider is for trying, a number for exactness; both are the same value.
  const exact = make("input", { type: "number", "aria-label": `${label}, as a number`, ...range });
  slider.addEventListener("input", () => { exact.value = slider.value; changed(); });
  exact.addEventListener("input", () => {
    if (!exact.validity.valid || exact.value === "") return;
    slider.value = exact.value;
    changed();
  });
  const element = make("div", { className: "field number" }, make("label", { htmlFor: id }, label), slider, exact);
  return { element, value: () => slider.value };
}

function colour({ label, value }, changed) {
  const id = `field-${(count += 1)}`;
  const input = make("input", { type: "color", id, value });
  input.addEventListener("input", changed);
  const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label), input);
  return { element, value: () => input.value };
}

function choice({ label, options, value }, changed) {
  const id = `field-${(count += 1)}`;
  const entries = Object.entries(options).map(([name, text]) => make("option", { value: name }, text));
  const input = make("select", { id }, ...entries);
  input.value = value;
  input.addEventListener("change", changed);
  const element = make("div", { className: "field" }, make("label", { htmlFor: id }, label), input);
  return { element, value: () => input.value };
}
