// Packs of files for a place, and the palette, whose colors can be replaced.

import { call } from "../api.js";
import { find, make } from "../dom.js";
import { blobOf } from "../images.js";
import { bytes, errorMessage } from "../messages.js";
import { fileStem, save } from "./files.js";
import { target } from "./target.js";

const PACKS = {
  favicon: "Website icon (favicon)", pwa: "Web app (PWA)", ios: "iOS app icon", android: "Android app icon",
  macos: "macOS app icon", windows: "Windows app icon", whatsapp: "WhatsApp sticker", telegram: "Telegram sticker",
  discord: "Discord sticker and emoji", slack: "Slack emoji", social: "Social previews",
};

/** Return the beginning of the prompt, as long as the API allows for the name of a web app. */
const nameOf = (image) => [...(image?.prompt ?? "").replace(/\s+/gu, " ").trim()].slice(0, 45).join("").trim();

/** Set up both; `current` returns `{image, edits}`, and `change` gets the edits of a new color. */
export function setUpExports({ current, change, say }) {
  const kind = find("#pack-kind");
  const palette = find("#palette");
  let isLoaded = false;

  async function download() {
    const button = find("#pack-download");
    button.disabled = true;
    try {
      const query = new URLSearchParams({ kind: kind.value });
      if (kind.value === "pwa") query.set("name", nameOf(current().image));
      const blob = await blobOf(`images/${target.filename}/pack?${query}`);
      save(blob, `${fileStem(current().image)}-${kind.value}.zip`);
      say(`Downloaded · ${bytes(blob.size)}`);
    } catch (error) {
      say(errorMessage(error), "error");
    } finally {
      button.disabled = false;
    }
  }

  async function load() {
    if (isLoaded || !find("#palette-group").open) return;
    isLoaded = true;
    try {
      const { colors } = await call(`images/${target.filename}/palette`);
      palette.replaceChildren(...colors.map(swatch));
      refresh(current().edits);
    } catch (error) {
      isLoaded = false;
      say(errorMessage(error), "error");
    }
  }

  function swatch({ color, share }) {
    const input = make("input", { type: "color", value: color, "aria-label": `Replace ${color}` });
    input.dataset.color = color.replace("#", "");
    input.addEventListener("input", () => {
      const edits = new URLSearchParams(current().edits);
      const others = edits.getAll("recolor").filter((text) => !text.startsWith(input.dataset.color));
      edits.delete("recolor");
      const value = input.value.replace("#", "");
      const own = value === input.dataset.color ? [] : [`${input.dataset.color}:${value}`];
      for (const text of [...others, ...own]) edits.append("recolor", text);
      change(edits);
    });
    return make("li", {}, input, make("code", {}, color), make("span", { className: "soft" }, share < 0.005 ? "< 1%" : `${Math.round(100 * share)}%`));
  }

  /** Show the colors of the edits. */
  function refresh(edits) {
    const replaced = new Map(edits.getAll("recolor").map((text) => text.replaceAll("#", "").split(":")));
    for (const input of palette.querySelectorAll("input")) {
      input.value = `#${replaced.get(input.dataset.color) ?? input.dataset.color}`;
    }
  }

  kind.append(...Object.entries(PACKS).map(([value, label]) => make("option", { value }, label)));
  find("#pack-download").addEventListener("click", download);
  find("#palette-group").addEventListener("toggle", load);
  return { refresh };
}
