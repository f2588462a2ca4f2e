// The list of filters, which are applied in order.

import { control } from "./controls.js";
import { make } from "./dom.js";
import { FILTERS, MAX_FILTERS, serialize } from "./variants.js";

export function filterList(onChange) {
  let filters = [];
  const list = make("ol", { className: "filters" });
  const names = Object.entries(FILTERS).map(([value, { label }]) => make("option", { value }, label));
  const picker = make(
    "select", { "aria-label": "Add a filter" }, make("option", { value: "" }, "Add a filter …"), ...names,
  );

  function refresh() {
    list.replaceChildren(...filters.map((filter) => filter.element));
    picker.disabled = filters.length === MAX_FILTERS;
    onChange();
  }

  function add(name) {
    const { label, fields } = FILTERS[name];
    const controls = fields.map((field) => control(field, onChange));
    const earlierButton = make("button", { type: "button", className: "small", "aria-label": `${label}: apply earlier` }, "Earlier");
    const removeButton = make("button", { type: "button", className: "small", "aria-label": `${label}: remove` }, "Remove");
    const element = make(
      "li", {}, make("strong", {}, label), earlierButton, removeButton, ...controls.map((each) => each.element),
    );
    const filter = { element, text: () => `${name}:${serialize(controls.map((each) => each.value()))}` };
    earlierButton.addEventListener("click", () => {
      const index = filters.indexOf(filter);
      if (index > 0) filters.splice(index - 1, 2, filter, filters[index - 1]);
      refresh();
      earlierButton.focus();
    });
    removeButton.addEventListener("click", () => {
      filters = filters.filter((other) => other !== filter);
      refresh();
      picker.focus();
    });
    filters.push(filter);
    refresh();
  }

  picker.addEventListener("change", () => {
    add(picker.value);
    picker.value = "";
  });
  return { element: make("div", {}, list, picker), texts: () => filters.map((filter) => filter.text()) };
}
