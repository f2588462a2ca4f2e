// The list of the gallery: filters, which are in the address, and infinite scrolling.

import { call } from "./api.js";
import { card, imageCount } from "./cards.js";
import { isPendingDeletion } from "./deletion.js";
import { debounce, find } from "./dom.js";
import { idOf } from "./images.js";
import { NoKey } from "./key.js";
import { errorMessage } from "./messages.js";

const PAGE = 24;
const list = find("#gallery");
const filters = find("#search-form");
const search = find("#search");
const tag = find("#tag");
const { verdict } = filters.elements;
const statusLine = find("#gallery-status");
const more = find("#more");
const byId = new Map(); // the images of all cards

let next = null; // the query of the next page; null after the last one
let total = 0; // images that match the filters
let exact = true; // false if there are more
let round = 0; // number of the current list; responses to earlier ones are dropped
let loading = false;
let decorate = () => {};

const view = () => new FormData(filters).get("view");
export const inTrash = () => view() === "trash";

/** Call `work` with each new card and its image. */
export function onCard(work) { decorate = work; }

/** Return the image of a card. */
export const imageOf = (item) => byId.get(item.id);

/** Return the filters as a query of the API, without empty ones. */
function query() {
  const fields = new URLSearchParams();
  if (search.value.trim()) fields.set("q", search.value.trim());
  if (tag.value.trim()) fields.set("tag", tag.value.trim());
  if (verdict.value) fields.set("verdict", verdict.value);
  if (view() === "starred") fields.set("starred", "true");
  if (inTrash()) fields.set("trashed", "true");
  return fields;
}

function readAddress() {
  const fields = new URLSearchParams(location.search);
  search.value = fields.get("q") ?? "";
  tag.value = fields.get("tag") ?? "";
  verdict.value = fields.get("verdict") ?? "";
  if (verdict.selectedIndex < 0) verdict.value = ""; // of an address that was edited
  const chosen = fields.get("trashed") === "true" ? "trash" : fields.get("starred") === "true" ? "starred" : "all";
  filters.elements.view.value = chosen;
  filters.elements.order.value = fields.get("order") === "oldest" ? "oldest" : "newest";
}

function writeAddress() {
  const fields = query();
  if (filters.elements.order.value === "oldest") fields.set("order", "oldest");
  history.replaceState(null, "", location.pathname + (fields.size ? `?${fields}` : ""));
}

function show(images) {
  for (const image of images) {
    const known = find(`#card-${idOf(image)}`);
    if (known) continue;
    const item = card(image, list.childElementCount);
    byId.set(item.id, image);
    decorate(item, image);
    list.append(item);
  }
}

/** Return the page of images that `next` asks for, and set `next` to the one after it. */
async function fetchPage() {
  const fields = query();
  fields.set("limit", PAGE);
  for (const [name, value] of Object.entries(next)) fields.set(name, value);
  const page = await call(`images?${fields}`, { cache: "no-cache" }); // also after going back
  if (filters.elements.order.value === "newest") {
    return { page, after: page.next_cursor && { cursor: page.next_cursor }, images: page.images };
  }
  // The API lists the newest first: the oldest are on the last page, from which we go back.
  if (!next.page && page.total_pages > 1) return { page, after: { page: page.total_pages }, images: [] };
  const number = next.page ?? 1;
  return { page, after: number > 1 ? { page: number - 1 } : null, images: page.images.toReversed() };
}

async function load() {
  if (loading || next === null) return;
  loading = true;
  const current = round;
  const isFirst = !Object.keys(next).length;
  try {
    const { page, after, images } = await fetchPage();
    if (current !== round) return;
    if (isFirst) clear(); // only now, so that the page doesn't flicker
    const listed = images.filter((image) => !isPendingDeletion(image));
    show(listed);
    next = after;
    total = page.total_images - (images.length - listed.length);
    exact = page.total_exact;
    more.hidden = next === null;
    more.textContent = "Load more";
    statusLine.classList.remove("error");
    showTotal();
  } catch (error) {
    if (current !== round) return;
    statusLine.classList.add("error"); // stops automatic loading until the button is pressed
    statusLine.textContent = errorMessage(error);
    more.textContent = error instanceof NoKey ? "Enter API key" : "Try again";
    more.hidden = false;
  } finally {
    loading = false;
    if (current === round) observeEnd();
    else load();
  }
}

function clear() {
  list.replaceChildren();
  byId.clear();
  document.dispatchEvent(new Event("list-cleared"));
}

function showTotal() {
  const searches = [...query().keys()].some((name) => ["q", "tag", "verdict"].includes(name));
  const empty = {
    all: "No images yet. Create the first one.", starred: "No image has a star yet.", trash: "The trash is empty.",
  }[view()];
  const wanted = [search.value, tag.value, verdict.value && verdict.selectedOptions[0].text].map((text) => text.trim()).filter(Boolean).join(", ");
  if (!total) statusLine.textContent = searches ? `No results for “${wanted}”.` : empty;
  else if (searches) statusLine.textContent = `${exact ? "" : "More than "}${total.toLocaleString()} result${total === 1 ? "" : "s"}`;
  else statusLine.textContent = imageCount(total);
}

/** Hide or show the card of an image that is deleted or restored, and count it. */
export function setGone(image, isGone) {
  const item = find(`#card-${idOf(image)}`);
  if (item && item.hidden === isGone) return;
  if (item) item.hidden = isGone;
  total += isGone ? -1 : 1;
  showTotal();
}

// An observer only reports changes: observe again in case the end is still visible.
function observeEnd() {
  endObserver.unobserve(more);
  if (!more.hidden && !statusLine.classList.contains("error")) endObserver.observe(more);
}

const endObserver = new IntersectionObserver(([entry]) => { if (entry.isIntersecting) load(); }, { rootMargin: "300px" });

/** Load the list from its beginning. */
export function restart() {
  round += 1;
  next = {};
  // Totals of a search, and of several filters together, aren't exact.
  filters.elements.order.disabled = Boolean(search.value.trim()) || [...query().keys()].filter((name) => name !== "trashed").length > 1;
  if (filters.elements.order.disabled) filters.elements.order.value = "newest";
  writeAddress();
  return load();
}

/** Show the images with a tag. */
export function showTag(text) {
  tag.value = text;
  restart();
}

readAddress();
filters.addEventListener("input", debounce(250, restart));
filters.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", load);
document.addEventListener("key-changed", () => {
  clear(); // of another caller
  restart();
});
let left = 0;
document.addEventListener("visibilitychange", () => {
  // Other tabs may have changed the list. It is not taken away from one who has scrolled or selects.
  if (document.hidden) left = Date.now();
  else if (Date.now() - left > 2000 && scrollY < 200 && !find(".cards :checked") && !list.contains(document.activeElement)) restart();
});
