// The detail dialog: metadata of an image, the variant editor, copying and downloading.

import { call } from "./api.js";
import { find, make, throttle } from "./dom.js";
import { buildEditor, readable } from "./editor.js";
import { remove } from "./gallery.js";
import { blobOf, idOf, pathOf, plainPath, setImage, setImageBlob } from "./images.js";
import { SNIPPETS } from "./snippets.js";
import { addBackdropPicker } from "./stage.js";
import { notify } from "./toasts.js";
import { bytes, date, modelLabel, errorMessage, money } from "./messages.js";

const ID = /^#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const dialog = find("#detail");
const preview = find("#detail-image");
const statusLine = find("#detail-status");
const snippetKind = find("#snippet-kind");

let image = null;
let query = () => new URLSearchParams();
let rendering = null; // AbortController of the current variant's request

async function open(id) {
  let metadata;
  try {
    metadata = await call(`images/${id}.png/metadata`);
  } catch (error) {
    notify(errorMessage(error));
    history.replaceState(null, "", location.pathname + location.search);
    return;
  }
  if (location.hash !== `#${id}`) return; // another image has been opened
  rendering?.abort();
  image = metadata;
  describe();
  query = buildEditor(find("#editor"), showChange);
  setImage(preview, plainPath(image));
  preview.alt = image.prompt;
  updateSnippet();
  statusLine.textContent = "";
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function describe() {
  find("#detail-prompt").textContent = image.prompt;
  const { original, cutout } = image;
  const facts = {
    "Prompt": image.prompt,
    "Prompt sent to the model": image.new_prompt,
    "Model": modelLabel(image),
    "Cost": money(image.cost_usd),
    "Created": date(image.created_at),
    "Original": original && `${original.width}×${original.height} ${original.format.toUpperCase()}, ${bytes(original.size_bytes)}`,
    "Cutout": cutout.verdict && [cutout.verdict, ...(cutout.reasons ?? [])].join(": "),
    "File name": image.filename,
  };
  const rows = Object.entries(facts).filter(([, value]) => value);
  find("#facts").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function showChange() {
  updateSnippet();
  renderVariant();
}

// Less than a tenth of a second between two requests, so that the preview follows a slider.
const renderVariant = throttle(90, async () => {
  const shown = image;
  rendering = new AbortController();
  preview.classList.add("waiting");
  try {
    const blob = await blobOf(path(), rendering.signal);
    if (shown !== image) return;
    setImageBlob(preview, blob);
    statusLine.textContent = `${bytes(blob.size)} ${blob.type.replace("image/", "").toUpperCase()}`;
  } catch (error) {
    if (error.name !== "AbortError") statusLine.textContent = errorMessage(error);
  } finally {
    preview.classList.remove("waiting");
  }
});

const path = () => pathOf(image, readable(query()));

function address() {
  const text = readable(query());
  return image.url + (text && `?${text}`);
}

const fileName = (params) => `${idOf(image)}.${params.get("format")?.replace("auto", "img") ?? "png"}`;

function updateSnippet() {
  const params = query();
  const width = params.get("w") ?? params.get("h") ?? "256";
  find("#snippet").value = SNIPPETS[snippetKind.value].write({
    url: address(), prompt: image.prompt, width, height: params.get("h") ?? width, file: fileName(params),
  });
}

async function copy() {
  const text = find("#snippet");
  try {
    await navigator.clipboard.writeText(text.value);
    statusLine.textContent = "Copied.";
  } catch {
    // The clipboard is only available in secure contexts.
    text.select();
    statusLine.textContent = "Press Ctrl+C or ⌘C to copy the selected text.";
  }
}

/** Download the file that the preview shows. */
async function download() {
  try {
    const blob = await blobOf(path());
    const extension = blob.type.replace("image/", "");
    const link = make("a", { href: URL.createObjectURL(blob), download: `${idOf(image)}.${extension}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    statusLine.textContent = `Downloaded: ${bytes(blob.size)}.`;
  } catch (error) {
    statusLine.textContent = errorMessage(error);
  }
}

function openFromAddress() {
  const id = ID.exec(location.hash)?.[1];
  if (id) open(id);
  else dialog.close();
}

addBackdropPicker(find("#detail-stage"));
snippetKind.append(...Object.entries(SNIPPETS).map(([value, { label }]) => make("option", { value }, label)));
snippetKind.addEventListener("change", updateSnippet);
find("#copy").addEventListener("click", copy);
find("#editor").addEventListener("submit", (event) => event.preventDefault());
find("#reset").addEventListener("click", () => {
  query = buildEditor(find("#editor"), showChange);
  showChange();
});
find("#download").addEventListener("click", download);
find("#delete").addEventListener("click", () => {
  remove(image);
  dialog.close();
});
find("#detail-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  rendering?.abort();
  if (!ID.test(location.hash)) return;
  const card = find(`#card-${location.hash.slice(1)} a`);
  history.replaceState(null, "", location.pathname + location.search);
  // Usually the browser returns the focus to the element that opened the dialog.
  if (document.activeElement === document.body) card?.focus();
});
addEventListener("hashchange", openFromAddress);

export { openFromAddress };
