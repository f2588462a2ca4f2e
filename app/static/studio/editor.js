// The variant editor: controls for all parameters, whose values form the query.

import { control } from "./controls.js";
import { filterList } from "./filters.js";
import { make } from "./dom.js";
import { GROUPS, serialize } from "./variants.js";

/** Fill a form with the controls; return a function that returns the query as URLSearchParams. */
export function buildEditor(form, onChange) {
  const parts = [];
  const groups = GROUPS.map(({ title, open = false, parts: specs }) => {
    const built = specs.map((part) => buildPart(part, onChange));
    parts.push(...built);
    return group(title, open, ...built.map((part) => part.element));
  });
  const filters = filterList(onChange);
  groups.splice(2, 0, group("Filters", false, filters.element));
  form.replaceChildren(...groups);
  return () => {
    const query = new URLSearchParams();
    for (const part of parts) {
      const text = part.text();
      if (text !== null) query.set(part.name, text);
    }
    for (const text of filters.texts()) query.append("filter", text);
    return query;
  };
}

const group = (title, open, ...children) => make(
  "details", { open }, make("summary", {}, title), make("div", { className: "controls" }, ...children),
);

function buildPart({ name, label, fields, neutral, optional }, onChange) {
  const controls = fields.map((field) => control(field, onChange));
  const text = () => serialize(controls.map((each) => each.value()));
  const elements = controls.map((each) => each.element);
  if (!optional) {
    return { name, element: elements[0], text: () => (text() === neutral ? null : text()) };
  }
  const toggle = make("input", { type: "checkbox" });
  const inner = make("div", { className: "controls", hidden: true }, ...elements);
  toggle.addEventListener("change", () => {
    inner.hidden = !toggle.checked;
    onChange();
  });
  const element = make("div", { className: "optional" }, make("label", { className: "check" }, toggle, label), inner);
  return { name, element, text: () => (toggle.checked ? text() : null) };
}

/** Format a query without escaping commas and colons, which URLs allow in a query. */
export const readable = (query) => String(query).replaceAll("%2C", ",").replaceAll("%3A", ":");
