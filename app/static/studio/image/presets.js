// Named edits that can be applied to every image. They are kept on this device, or in memory where
// the browser blocks storage.

import { find, make } from "../dom.js";
import { siteStorage } from "../storage.js";

const NAME = "image-generator-presets";
const STICKER = "padding=48&outline=12,ffffff&shadow=0,8,10,000000,0.35&scale_from=512";
const BUILT_IN = {
  "Sticker": STICKER,
  "Soft shadow": "padding=48&shadow=0,16,18,000000,0.4&scale_from=512",
  "Silhouette": "filter=tint:221c18,1",
};

let saved = read();

/** Set up the controls; `apply` gets the query of a preset, `current` returns the one to save. */
export function setUpPresets({ apply, current, say }) {
  const [picker, name, remove] = ["#preset", "#preset-name", "#preset-delete"].map((each) => find(each));
  const refresh = (chosen = "") => {
    const entries = [...Object.keys(BUILT_IN), ...Object.keys(saved)];
    picker.replaceChildren(make("option", { value: "" }, "Choose a preset …"), ...entries.map((each) => make("option", { value: each }, each)));
    picker.value = chosen;
    remove.hidden = !Object.hasOwn(saved, chosen);
  };
  picker.addEventListener("change", () => {
    const query = saved[picker.value] ?? BUILT_IN[picker.value];
    remove.hidden = !Object.hasOwn(saved, picker.value);
    if (query !== undefined) apply(query);
  });
  find("#preset-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = name.value.trim();
    if (!chosen || Object.hasOwn(BUILT_IN, chosen)) return say("Enter a name for the preset.");
    saved = { ...saved, [chosen]: current() };
    name.value = "";
    refresh(chosen);
    say(write() ? `Saved “${chosen}”.` : `Saved “${chosen}” until you leave: this browser blocks storage.`);
  });
  remove.addEventListener("click", () => {
    const { [picker.value]: _, ...others } = saved;
    saved = others;
    write();
    refresh();
    picker.focus();
  });
  refresh();
}

function read() {
  try {
    const found = JSON.parse(siteStorage.load(NAME) ?? "{}");
    return Object.fromEntries(Object.entries(found).filter(([, query]) => typeof query === "string"));
  } catch {
    return {}; // written by something else
  }
}

const write = () => siteStorage.save(NAME, JSON.stringify(saved));
