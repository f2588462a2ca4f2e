// The list of filters, which are applied in their order.

import { control } from "./controls.js";
import { make } from "./dom.js";
import { FILTERS, MOST_FILTERS, written } from "./variants.js";

export function filterList(changed) {
  let filters = [];
  const list = make("ol", { className: "filters" });
  const names = Object.entries(FILTERS).map(([value, { label }]) => make("option", { value }, label));
  const picker = make(
    "select", { "aria-label": "Add a filter" }, make("option", { value: "" }, "Add a filter …"), ...names,
  );

  function arrange() {
    list.replaceChildren(...filters.map((filter) => filter.element));
    picker.disabled = filters.length === MOST_FILTERS;
    changed();
  }

  function add(name) {
    const { label, fields } = FILTERS[name];
    const controls = fields.map((field) => control(field, changed));
    const earlier = make("button", { type: "button", className: "small", "aria-label": `${label}: apply earlier` }, "Earlier");
    const away = make("button", { type: "button", className: "small", "aria-label": `${label}: remove` }, "Remove");
    const element = make(
      "li", {}, make("strong", {}, label), earlier, away, ...controls.map((each) => each.element),
    );
    const filter = { element, text: () => `${name}:${written(controls.map((each) => each.value()))}` };
    earlier.addEventListener("click", () => {
      const at = filters.indexOf(filter);
      if (at > 0) filters.splice(at - 1, 2, filter, filters[at - 1]);
      arrange();
      earlier.focus();
    });
    away.addEventListener("click", () => {
      filters = filters.filter((other) => other !== filter);
      arrange();
      picker.focus();
    });
    filters.push(filter);
    arrange();
  }

  picker.addEventListener("change", () => {
    add(picker.value);
    picker.value = "";
  });
  return { element: make("div", {}, list, picker), texts: () => filters.map((filter) => filter.text()) };
}
