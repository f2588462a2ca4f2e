// The gallery: images, newest first, with search and infinite scrolling.

import { call } from "./api.js";
import { isPendingDeletion, deleteSoon } from "./deletion.js";
import { find, debounce, make } from "./dom.js";
import { idOf, pageOf, plainPath, setImage } from "./images.js";
import { NoKey } from "./key.js";
import { modelLabel, errorMessage } from "./messages.js";

const PAGE = 48;
const list = find("#gallery");
const search = find("#search");
const statusLine = find("#gallery-status");
const more = find("#more");

let cursor = null;
let total = 0; // images that match the search
let exact = true; // false if there are more
let generation = 0; // number of the current search; responses to earlier ones are dropped
let loading = false;

function card(image) {
  const img = make("img", { alt: "", width: 256, height: 256, loading: "lazy", decoding: "async" });
  setImage(img, plainPath(image));
  img.addEventListener("error", () => img.classList.add("missing"), { once: true });
  const link = make(
    "a", { href: pageOf(image), title: image.prompt },
    img, make("span", { className: "prompt" }, image.prompt),
    make("small", {}, modelLabel(image)),
  );
  return make("li", { id: `card-${idOf(image)}` }, link);
}

export function addNewest(image) {
  if (search.value.trim() || find(`#card-${idOf(image)}`)) return;
  list.prepend(card(image));
  total += 1;
  updateStatus();
}

/** Hide an image, and delete it shortly after unless the user undoes that. */
export function remove(image) {
  const removed = find(`#card-${idOf(image)}`);
  const setRemoved = (isRemoved) => {
    if (removed) removed.hidden = isRemoved;
    total += isRemoved ? -1 : 1;
    updateStatus();
  };
  setRemoved(true);
  deleteSoon(image, () => setRemoved(false));
}

async function load() {
  if (loading) return;
  loading = true;
  const current = generation;
  try {
    const query = new URLSearchParams({ limit: PAGE });
    if (cursor) query.set("cursor", cursor);
    if (search.value.trim()) query.set("q", search.value.trim());
    // Someone who goes back to this page wants today's list, not what the browser kept.
    const page = await call(`images?${query}`, { cache: "no-cache" });
    if (current !== generation) return;
    if (cursor === null) list.replaceChildren(); // only now, so that the page doesn't flicker
    const listed = page.images.filter((image) => !isPendingDeletion(image));
    list.append(...listed.filter((image) => !find(`#card-${idOf(image)}`)).map(card));
    cursor = page.next_cursor;
    total = page.total_images - (page.images.length - listed.length);
    exact = page.total_exact;
    more.hidden = cursor === null;
    more.textContent = "Load more";
    statusLine.classList.remove("error");
    updateStatus();
  } catch (error) {
    if (current !== generation) return;
    statusLine.classList.add("error"); // stops automatic loading until the button is pressed
    statusLine.textContent = errorMessage(error);
    more.textContent = error instanceof NoKey ? "Enter API key" : "Try again";
    more.hidden = false;
  } finally {
    loading = false;
    if (current === generation) observeEnd();
    else load();
  }
}

function updateStatus() {
  const searches = Boolean(search.value.trim());
  if (!total) statusLine.textContent = searches ? "No image has these words in its prompt." : "No images yet. Generate the first one.";
  else if (searches) statusLine.textContent = `${exact ? "" : "More than "}${total} found`;
  else statusLine.textContent = `${total} image${total === 1 ? "" : "s"}`;
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
  return load();
}

search.addEventListener("input", debounce(250, restart));
find("#search-form").addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", load);
document.addEventListener("key-changed", () => {
  list.replaceChildren(); // of another caller
  restart();
});
