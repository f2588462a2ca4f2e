// One picture: what is known about it, and everything that can be made of it.

import { call } from "./api.js";
import { find, later, make } from "./dom.js";
import { buildEditor, readable } from "./editor.js";
import { remove } from "./gallery.js";
import { blobOf, idOf, pathOf, plainPath, show, showBlob } from "./images.js";
import { SNIPPETS } from "./snippets.js";
import { addBackdrops } from "./stage.js";
import { note } from "./toasts.js";
import { bytes, date, drawnBy, inWords, money } from "./messages.js";

const ID = /^#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const dialog = find("#detail");
const picture = find("#detail-picture");
const told = find("#detail-status");
const kind = find("#snippet-kind");

let image = null;
let query = () => new URLSearchParams();
let drawing = null; // what stops fetching the variant before

async function open(id) {
  let found;
  try {
    found = await call(`images/${id}.png/metadata`);
  } catch (error) {
    note(inWords(error));
    history.replaceState(null, "", location.pathname + location.search);
    return;
  }
  if (location.hash !== `#${id}`) return; // another one was asked for meanwhile
  drawing?.abort();
  image = found;
  describe();
  query = buildEditor(find("#editor"), later(120, redraw));
  show(picture, plainPath(image));
  picture.alt = image.prompt;
  rewrite();
  told.textContent = "";
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function describe() {
  find("#detail-prompt").textContent = image.prompt;
  const { original, cutout } = image;
  const facts = {
    "Prompt": image.prompt,
    "Really drawn": image.new_prompt,
    "Drawn by": drawnBy(image),
    "Cost": money(image.cost_usd),
    "Made": date(image.created_at),
    "Original": original && `${original.width}×${original.height} ${original.format.toUpperCase()}, ${bytes(original.size_bytes)}`,
    "Cutout": cutout.verdict && [cutout.verdict, ...(cutout.reasons ?? [])].join(": "),
    "Name": image.filename,
  };
  const rows = Object.entries(facts).filter(([, value]) => value);
  find("#facts").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

async function redraw() {
  rewrite();
  drawing?.abort();
  drawing = new AbortController();
  const { signal } = drawing;
  picture.classList.add("waiting");
  try {
    const blob = await blobOf(pathOf(image, readable(query())), signal);
    showBlob(picture, blob);
    told.textContent = `${bytes(blob.size)} ${blob.type.replace("image/", "").toUpperCase()}`;
  } catch (error) {
    if (error.name === "AbortError") return;
    told.textContent = inWords(error);
  }
  picture.classList.remove("waiting");
}

function address() {
  const text = readable(query());
  return image.url + (text && `?${text}`);
}

function rewrite() {
  const wanted = query();
  const width = wanted.get("w") ?? wanted.get("h") ?? "256";
  find("#snippet").value = SNIPPETS[kind.value].write({
    url: address(), prompt: image.prompt, width, height: wanted.get("h") ?? width,
    file: `${idOf(image)}.${wanted.get("format")?.replace("auto", "img") ?? "png"}`,
  });
}

async function copy() {
  const text = find("#snippet");
  try {
    await navigator.clipboard.writeText(text.value);
    told.textContent = "Copied.";
  } catch {
    // Pages that came by plain HTTP have no clipboard.
    text.select();
    told.textContent = "The text is selected: copy it with Ctrl+C or ⌘C.";
  }
}

async function download(format) {
  const wanted = query();
  const side = find("#download-size");
  if (!side.reportValidity()) return;
  const ratio = wanted.has("h") ? Number(wanted.get("h")) / Number(wanted.get("w") ?? 256) : 1;
  wanted.delete("dpr"); // the size is that of the file
  wanted.set("w", side.value);
  if (wanted.has("h")) wanted.set("h", Math.max(1, Math.round(side.value * ratio)));
  wanted.set("format", format);
  try {
    const blob = await blobOf(pathOf(image, readable(wanted)));
    const link = make("a", { href: URL.createObjectURL(blob), download: `${idOf(image)}.${format}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    told.textContent = `Downloaded: ${bytes(blob.size)}.`;
  } catch (error) {
    told.textContent = inWords(error);
  }
}

function follow() {
  const id = ID.exec(location.hash)?.[1];
  if (id) open(id);
  else dialog.close();
}

addBackdrops(find("#detail-stage"));
kind.append(...Object.entries(SNIPPETS).map(([value, { label }]) => make("option", { value }, label)));
kind.addEventListener("change", rewrite);
find("#copy").addEventListener("click", copy);
find("#editor").addEventListener("submit", (event) => event.preventDefault());
find("#reset").addEventListener("click", () => {
  query = buildEditor(find("#editor"), later(120, redraw));
  redraw();
});
for (const button of document.querySelectorAll("[data-download]")) {
  button.addEventListener("click", () => download(button.dataset.download));
}
find("#delete").addEventListener("click", () => {
  remove(image);
  dialog.close();
});
find("#detail-close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  drawing?.abort();
  if (!ID.test(location.hash)) return;
  const card = find(`#card-${location.hash.slice(1)} a`);
  history.replaceState(null, "", location.pathname + location.search);
  // Else the browser has gone back to what opened the dialog.
  if (document.activeElement === document.body) card?.focus();
});
addEventListener("hashchange", follow);

export { follow as openFromAddress };
