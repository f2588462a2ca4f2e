// Selection of images in the gallery, and what can be done with all of them: tags, stars, a ZIP
// file, and the trash.

import { call, postOptions } from "./api.js";
import { deleteAllSoon } from "./deletion.js";
import { find, make } from "./dom.js";
import { imageOf, inTrash, onCard, restart, setGone, showTag } from "./gallery.js";
import { blobOf, pathOf } from "./images.js";
import { errorMessage } from "./messages.js";
import { notify } from "./toasts.js";

const MAX_ARCHIVED = 50; // images, by the API
const list = find("#gallery");
const bar = find("#selection");
const count = find("#selected-count");
const toggle = find("#select");

const isSelecting = () => list.classList.contains("selecting");
const selected = () => [...list.querySelectorAll("li:not([hidden]) > .pick :checked")].map((box) => imageOf(box.closest("li")));

function addControls(item, image) {
  const box = make("input", { type: "checkbox", "aria-label": `Select: ${image.prompt || image.filename}` });
  const star = make("button", { type: "button", className: "star small" });
  showStar(star, image);
  star.addEventListener("click", () => setStar(star, image));
  const tags = image.tags.map((text) => {
    const button = make("button", { type: "button", className: "tag", dir: "auto" }, text);
    button.addEventListener("click", () => showTag(text));
    return button;
  });
  item.append(make("label", { className: "pick" }, box), ...(inTrash() ? [] : [star]));
  if (tags.length) item.append(make("div", { className: "tags" }, ...tags));
}

function showStar(star, image) {
  star.setAttribute("aria-pressed", image.starred);
  star.setAttribute("aria-label", `Star: ${image.prompt || image.filename}`);
}

const patch = (image, body) => call(pathOf(image), { ...postOptions(body), method: "PATCH" });

async function setStar(star, image) {
  image.starred = !image.starred;
  showStar(star, image);
  try {
    await patch(image, { starred: image.starred });
  } catch (error) {
    image.starred = !image.starred;
    showStar(star, image);
    notify(errorMessage(error));
  }
}

/** Start or end selecting. */
export function setSelecting(isOn) {
  list.classList.toggle("selecting", isOn);
  toggle.setAttribute("aria-pressed", isOn);
  if (!isOn) list.querySelectorAll(".pick :checked").forEach((box) => { box.checked = false; });
  show();
}

function show() {
  const chosen = selected().length;
  bar.hidden = !isSelecting();
  count.textContent = chosen ? `${chosen} selected` : "Choose images";
  for (const button of bar.querySelectorAll("button[data-do]")) {
    button.disabled = !chosen;
    button.hidden = button.dataset.in !== undefined && (button.dataset.in === "trash") !== inTrash();
  }
}

/** Run `work` for each image, one after the other; report how many succeeded. */
async function forEach(images, work, done) {
  let succeeded = 0;
  try {
    for (const image of images) {
      await work(image);
      succeeded += 1;
    }
  } catch (error) {
    notify(errorMessage(error));
  }
  if (succeeded) notify(`${succeeded === 1 ? "1 image" : `${succeeded} images`} ${done}.`);
  return succeeded;
}

/** Ask for a tag; return it, or "" if the user cancels. */
function askForTag() {
  const dialog = find("#tag-dialog");
  dialog.returnValue = "";
  find("#new-tag").value = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "add" ? find("#new-tag").value.trim() : ""), { once: true });
  });
}

async function addTag(images) {
  const text = await askForTag();
  if (!text) return;
  await forEach(images, (image) => patch(image, { tags: [...new Set([...image.tags, text])] }), "tagged");
  restart();
}

async function star(images) {
  const starred = !images.every((image) => image.starred);
  await forEach(images, (image) => patch(image, { starred }), starred ? "starred" : "without a star");
  restart();
}

/** Delete images; that can be undone. */
export function remove(images) {
  images.forEach((image) => setGone(image, true));
  deleteAllSoon(images, (image) => setGone(image, false));
  setSelecting(false);
}

async function restore(images) {
  await forEach(images, (image) => call(`${pathOf(image)}/restore`, { method: "POST" }), "restored");
  restart();
}

async function purge(images) {
  if (!confirm(`Delete ${images.length === 1 ? "this image" : `these ${images.length} images`} for good?`)) return;
  await forEach(images, (image) => call(`${pathOf(image)}?purge=true`, { method: "DELETE" }), "deleted for good");
  restart();
}

async function download(images) {
  if (images.length > MAX_ARCHIVED) {
    notify(`Choose at most ${MAX_ARCHIVED} images for one file.`);
    return;
  }
  count.textContent = "Preparing the file …";
  try {
    const blob = await blobOf(`images/archive?${new URLSearchParams(images.map((image) => ["image", image.filename]))}`);
    const link = make("a", { href: URL.createObjectURL(blob), download: "images.zip" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } catch (error) {
    notify(errorMessage(error));
  }
  show();
}

const ACTIONS = { tag: addTag, star, download, remove, restore, purge };

onCard(addControls);
toggle.addEventListener("click", () => setSelecting(!isSelecting()));
list.addEventListener("change", show);
list.addEventListener("click", (event) => {
  // While selecting, a click on an image selects it.
  if (!isSelecting() || !event.target.closest("a")) return;
  event.preventDefault();
  find(".pick input", event.target.closest("li")).click();
});
bar.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (name) ACTIONS[name](selected());
});
document.addEventListener("list-cleared", show);
