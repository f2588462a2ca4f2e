// The variant editor: controls for the parameters, whose values form the edits.

import { make } from "../dom.js";
import { control } from "./controls.js";
import { filterList } from "./filters.js";
import { GROUPS, serialize } from "./variants.js";

/**
 * Fill a form with controls that show the edits.
 *
 * Return a function that returns their values as URLSearchParams. Parameters without a control keep
 * their values.
 */
export function buildEditor(form, edits, onChange) {
  const open = [...form.querySelectorAll("details[open]")].map((each) => each.dataset.title);
  const isFirst = form.childElementCount === 0;
  const parts = [];
  const groups = GROUPS.map(({ title, open: opens = false, parts: specs }) => {
    const built = specs.map((part) => buildPart(part, edits.get(part.name), onChange));
    parts.push(...built);
    return group(title, isFirst ? opens : open.includes(title), ...built.map((part) => part.element));
  });
  const filters = filterList(edits.getAll("filter"), onChange);
  groups.splice(2, 0, group("Filters", open.includes("Filters"), filters.element));
  form.replaceChildren(...groups);
  return () => {
    const query = new URLSearchParams(edits);
    for (const part of parts) {
      const text = part.text();
      if (text === null) query.delete(part.name);
      else query.set(part.name, text);
    }
    query.delete("filter");
    for (const text of filters.texts()) query.append("filter", text);
    return query;
  };
}

const group = (title, open, ...children) => {
  const element = make("details", { open }, make("summary", {}, title), make("div", { className: "controls" }, ...children));
  element.dataset.title = title;
  return element;
};

function buildPart({ name, label, fields, neutral, optional }, text, onChange) {
  const given = text?.split(",") ?? [];
  const controls = fields.map((field, index) => control(field, `${name}-${index}`, given[index], onChange));
  const value = () => serialize(controls.map((each) => each.value()));
  const elements = controls.map((each) => each.element);
  if (!optional) {
    return { name, element: elements[0], text: () => (value() === neutral ? null : value()) };
  }
  const toggle = make("input", { type: "checkbox", id: `set-${name}`, checked: given.length > 0 });
  const inner = make("div", { className: "controls", hidden: !toggle.checked }, ...elements);
  toggle.addEventListener("change", () => {
    inner.hidden = !toggle.checked;
    onChange();
  });
  const element = make("div", { className: "optional" }, make("label", { className: "check" }, toggle, label), inner);
  return { name, element, text: () => (toggle.checked ? value() : null) };
}
