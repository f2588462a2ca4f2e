// The gallery: images, newest first, with search and infinite scrolling.

import { call } from "./api.js";
import { isPendingDeletion, deleteSoon } from "./deletion.js";
import { card, imageCount } from "./cards.js";
import { find, debounce } from "./dom.js";
import { idOf } from "./images.js";
import { NoKey } from "./key.js";
import { errorMessage } from "./messages.js";

const PAGE = 24;
const list = find("#gallery");
const search = find("#search");
const statusLine = find("#gallery-status");
const more = find("#more");

let cursor = null;
let total = 0; // images that match the search
let exact = true; // false if there are more
let generation = 0; // number of the current search; responses to earlier ones are dropped
let loading = false;

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
    const page = await call(`images?${query}`, { cache: "no-cache" }); // also after going back
    if (current !== generation) return;
    if (cursor === null) list.replaceChildren(); // only now, so that the page doesn't flicker
    const listed = page.images.filter((image) => !isPendingDeletion(image));
    list.append(...listed.filter((image) => !find(`#card-${idOf(image)}`)).map((image, index) => card(image, list.childElementCount + index)));
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
  if (!total) statusLine.textContent = searches ? `No results for “${search.value.trim()}”.` : "No images yet. Create the first one.";
  else if (searches) statusLine.textContent = `${exact ? "" : "More than "}${total.toLocaleString()} result${total === 1 ? "" : "s"}`;
  else statusLine.textContent = imageCount(total);
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
