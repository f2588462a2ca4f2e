// The list of filters, which are applied in order.

import { make } from "../dom.js";
import { control } from "./controls.js";
import { FILTERS, MAX_FILTERS, serialize } from "./variants.js";

let count = 0;

/** Return a list that shows filters such as `blur:2`, and their texts as `texts()`. */
export function filterList(texts, onChange) {
  let filters = texts.map(build).filter(Boolean);
  const list = make("ol", { className: "filters" });
  const names = Object.entries(FILTERS).map(([value, { label }]) => make("option", { value }, label));
  const picker = make(
    "select", { id: "add-filter", "aria-label": "Add a filter" }, make("option", { value: "" }, "Add a filter …"), ...names,
  );

  function refresh() {
    list.replaceChildren(...filters.map((filter) => filter.element));
    picker.disabled = filters.length >= MAX_FILTERS;
  }

  function change(next, focused) {
    filters = next;
    refresh();
    onChange();
    focused.focus();
  }

  function build(text) {
    const [name, rest] = text.split(/:(.*)/s);
    if (!Object.hasOwn(FILTERS, name)) return null;
    const { label, fields } = FILTERS[name];
    const given = rest ? rest.split(",") : [];
    const id = (count += 1);
    const controls = fields.map((field, index) => control(field, `filter-${id}-${index}`, given[index], onChange));
    const earlier = make("button", { type: "button", className: "small", "aria-label": `${label}: move up` }, "Move up");
    const remove = make("button", { type: "button", className: "small", "aria-label": `${label}: remove` }, "Remove");
    const element = make("li", {}, make("strong", {}, label), earlier, remove, ...controls.map((each) => each.element));
    const filter = { element, text: () => `${name}:${serialize(controls.map((each) => each.value()))}` };
    earlier.addEventListener("click", () => {
      const index = filters.indexOf(filter);
      const before = filters.filter((other) => other !== filter);
      change(before.toSpliced(Math.max(0, index - 1), 0, filter), earlier);
    });
    remove.addEventListener("click", () => change(filters.filter((other) => other !== filter), picker));
    return filter;
  }

  picker.addEventListener("change", () => {
    const filter = build(picker.value);
    picker.value = "";
    change([...filters, filter], picker);
  });
  refresh();
  return { element: make("div", {}, list, picker), texts: () => filters.map((filter) => filter.text()) };
}
