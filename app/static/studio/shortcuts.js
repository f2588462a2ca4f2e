// Keyboard shortcuts, and the sheet that lists them. Single keys can be switched off, because they
// get in the way of speech input; in a field a key is text.

import { find, make } from "./dom.js";
import { siteStorage } from "./storage.js";
import { runNewestAction } from "./toasts.js";

const NAME = "image-generator-single-keys";
const sheet = find("#shortcuts");
const toggle = find("#single-keys");
const isField = (element) => element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

toggle.checked = siteStorage.load(NAME) !== "off";
toggle.addEventListener("change", () => siteStorage.save(NAME, toggle.checked ? null : "off"));

const CAPS = { ...Object.fromEntries(["Left", "Right", "Up", "Down"].map((each) => [`Arrow${each}`, "Arrows"])), Delete: "Del", Escape: "Esc" };

const COMMON = [
  { keys: ["?"], label: "Show this list", run: () => sheet.showModal() },
  { keys: ["Ctrl+Z"], label: "Undo the last deletion", run: runNewestAction },
];

/** Return what is written on keys, each text once. */
const capsOf = (keys) => [...new Set(keys.map((key) => CAPS[key] ?? key))].map((text) => make("kbd", {}, text));

/** Add shortcuts to those of every page; each has `keys`, `label` and `run(event)`. */
export function addShortcuts(shortcuts) {
  const all = [...shortcuts, ...COMMON];
  find("#shortcut-list").replaceChildren(...all.flatMap(({ keys, label }) => [
    make("dt", {}, ...capsOf(keys)), make("dd", {}, label),
  ]));
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.isComposing || isField(event.target) || find("dialog[open]")) return;
    const name = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.key.length === 1 ? event.key.toUpperCase() : event.key);
    const found = all.find(({ keys }) => keys.includes(name));
    if (!found || !found.run || (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !toggle.checked)) return;
    if (found.run(event) === false) return;
    event.preventDefault();
  });
}
