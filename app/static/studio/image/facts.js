// What is known about the image.

import { find, make } from "../dom.js";
import { bytes, date, modelLabel, money } from "../messages.js";

/** Show the prompt and the facts of an image. */
export function showFacts(image) {
  const { original } = image;
  find("#prompt").textContent = image.prompt || "Image";
  document.title = `${image.prompt ? shortened(image.prompt) : "Image"} · Image Generator`;
  const facts = {
    "Final prompt": image.new_prompt !== image.prompt && image.new_prompt,
    "Model": modelLabel(image),
    "Cost": money(image.cost_usd),
    "Created": date(image.created_at),
    "Original": original && `${original.width}×${original.height} ${original.format.toUpperCase()}, ${bytes(original.size_bytes)}`,
    "Tags": image.tags.join(", "),
    "File name": image.filename,
  };
  const rows = Object.entries(facts).filter(([, value]) => value);
  find("#facts").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { dir: "auto" }, value)]));
}

const shortened = (text) => (text.length > 70 ? `${text.slice(0, 69)}…` : text);
