// Sliders and choices for every parameter of a variant, which together write its query.

import { control } from "./controls.js";
import { filterList } from "./filters.js";
import { make } from "./dom.js";
import { GROUPS, written } from "./variants.js";

/** Build the controls into a form; returns what tells the query, as URLSearchParams. */
export function buildEditor(form, changed) {
  const parts = [];
  const groups = GROUPS.map(({ title, open = false, parts: described }) => {
    const made = described.map((part) => built(part, changed));
    parts.push(...made);
    return group(title, open, ...made.map((part) => part.element));
  });
  const filters = filterList(changed);
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

function built({ name, label, fields, neutral, optional }, changed) {
  const controls = fields.map((field) => control(field, changed));
  const text = () => written(controls.map((each) => each.value()));
  const elements = controls.map((each) => each.element);
  if (!optional) {
    return { name, element: elements[0], text: () => (text() === neutral ? null : text()) };
  }
  const wanted = make("input", { type: "checkbox" });
  const inner = make("div", { className: "controls", hidden: true }, ...elements);
  wanted.addEventListener("change", () => {
    inner.hidden = !wanted.checked;
    changed();
  });
  const element = make("div", { className: "optional" }, make("label", { className: "check" }, wanted, label), inner);
  return { name, element, text: () => (wanted.checked ? text() : null) };
}

/** A query for people: commas and colons need no escaping in one. */
export const readable = (query) => String(query).replaceAll("%2C", ",").replaceAll("%3A", ":");
