// The gallery: images, newest first, with search and infinite scrolling.

import { call } from "./api.js";
import { isPendingDeletion, deleteSoon } from "./deletion.js";
import { find, debounce, make } from "./dom.js";
import { idOf, plainPath, setImage } from "./images.js";
import { modelLabel, errorMessage } from "./messages.js";

const PAGE = 48;
const list = find("#gallery");
const search = find("#search");
const statusLine = find("#gallery-status");
const more = find("#more");

let cursor = null;
let generation = 0; // number of the current search; responses to earlier ones are dropped
let loading = false;

function card(image) {
  const img = make("img", { alt: "", width: 256, height: 256, loading: "lazy", decoding: "async" });
  setImage(img, plainPath(image));
  img.addEventListener("error", () => img.classList.add("missing"), { once: true });
  const link = make(
    "a", { href: `#${idOf(image)}`, title: image.prompt },
    img, make("span", { className: "prompt" }, image.prompt),
    make("small", {}, modelLabel(image)),
  );
  return make("li", { id: `card-${idOf(image)}` }, link);
}

export function addNewest(image) {
  if (search.value.trim() || find(`#card-${idOf(image)}`)) return;
  list.prepend(card(image));
  updateStatus();
}

/** Hide an image, and delete it shortly after unless the user undoes that. */
export function remove(image) {
  const removed = find(`#card-${idOf(image)}`);
  if (removed) removed.hidden = true;
  deleteSoon(image, () => { if (removed) removed.hidden = false; });
}

async function load() {
  if (loading) return;
  loading = true;
  const current = generation;
  try {
    const query = new URLSearchParams({ limit: PAGE });
    if (cursor) query.set("cursor", cursor);
    if (search.value.trim()) query.set("q", search.value.trim());
    const page = await call(`images?${query}`);
    if (current !== generation) return;
    const shown = page.images.filter((image) => !isPendingDeletion(image) && !find(`#card-${idOf(image)}`));
    list.append(...shown.map(card));
    cursor = page.next_cursor;
    more.hidden = cursor === null;
    statusLine.classList.remove("error");
    updateStatus(page);
  } catch (error) {
    if (current !== generation) return;
    statusLine.classList.add("error"); // stops automatic loading until "Load more" is pressed
    statusLine.textContent = errorMessage(error);
    more.hidden = false;
  } finally {
    loading = false;
    if (current === generation) observeEnd();
    else load();
  }
}

function updateStatus(page) {
  const empty = search.value.trim() ? "No image has these words in its prompt." : "No images yet. Generate the first one.";
  if (!list.children.length) statusLine.textContent = empty;
  else if (page && search.value.trim()) statusLine.textContent = `${page.total_exact ? "" : "More than "}${page.total_images} found`;
  else if (page) statusLine.textContent = `${page.total_images} image${page.total_images === 1 ? "" : "s"}`;
  else statusLine.textContent = "";
}

// An observer only reports changes: observe again in case the end is still visible.
function observeEnd() {
  endObserver.unobserve(more);
  if (!more.hidden && !statusLine.classList.contains("error")) endObserver.observe(more);
}

const endObserver = new IntersectionObserver(([entry]) => { if (entry.isIntersecting && cursor) load(); }, { rootMargin: "600px" });

export function restart() {
  generation += 1;
  cursor = null;
  list.replaceChildren();
  return load();
}

search.addEventListener("input", debounce(250, restart));
find("#search-form").addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", load);
document.addEventListener("key-changed", restart);
