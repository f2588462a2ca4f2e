// Images of the user's own: chosen as a file, dropped on the page, or pasted.

import { find } from "./dom.js";

const input = find("#file");
const hint = find("#drop");
let depth = 0; // of the elements over which the file is dragged

const imageIn = (files) => [...files].find((file) => file.type.startsWith("image/")) ?? files[0];
const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

function showHint(change) {
  depth = change === 0 ? 0 : depth + change;
  hint.hidden = depth <= 0;
}

/** Call `use` with each image file that the user brings. */
export function addOwnImages(use) {
  find("#upload").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files.length) use(input.files[0]);
    input.value = ""; // so that the same file can be chosen again
  });
  addEventListener("paste", ({ clipboardData }) => {
    const file = clipboardData?.files.length && imageIn(clipboardData.files);
    if (file) use(file);
  });
  addEventListener("dragenter", (event) => { if (hasFiles(event)) showHint(1); });
  addEventListener("dragleave", (event) => { if (hasFiles(event)) showHint(-1); });
  addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // the browser would open the file
    showHint(0);
    const file = imageIn(event.dataTransfer.files);
    if (file) use(file);
  });
}

/** Return a form with the file, described by its name. */
export function uploadForm(file) {
  const fields = new FormData();
  fields.append("prompt", (file.name ?? "").replace(/\.[^.]*$/, "").replace(/[-_]+/g, " ").trim());
  fields.append("file", file);
  return fields;
}
