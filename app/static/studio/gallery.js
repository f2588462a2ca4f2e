// The pictures, newest first: search, and older ones as they are scrolled to.

import { call } from "./api.js";
import { isBeingDeleted, deleteSoon } from "./deletion.js";
import { find, later, make } from "./dom.js";
import { idOf, plainPath, show } from "./images.js";
import { drawnBy, inWords } from "./messages.js";

const PAGE = 48;
const list = find("#gallery");
const search = find("#search");
const told = find("#gallery-status");
const more = find("#more");

let cursor = null;
let turn = 0; // goes up with each new search, so that answers to older ones are dropped
let loading = false;

function card(image) {
  const picture = make("img", { alt: "", width: 256, height: 256, loading: "lazy", decoding: "async" });
  show(picture, plainPath(image));
  picture.addEventListener("error", () => picture.classList.add("missing"), { once: true });
  const link = make(
    "a", { href: `#${idOf(image)}`, title: image.prompt },
    picture, make("span", { className: "prompt" }, image.prompt),
    make("small", {}, drawnBy(image)),
  );
  return make("li", { id: `card-${idOf(image)}` }, link);
}

export function addNewest(image) {
  if (search.value.trim() || find(`#card-${idOf(image)}`)) return;
  list.prepend(card(image));
  tell();
}

/** Hide a picture at once and delete it soon, unless that is undone. */
export function remove(image) {
  const gone = find(`#card-${idOf(image)}`);
  if (gone) gone.hidden = true;
  deleteSoon(image, () => { if (gone) gone.hidden = false; });
}

async function load() {
  if (loading) return;
  loading = true;
  const mine = turn;
  try {
    const query = new URLSearchParams({ limit: PAGE });
    if (cursor) query.set("cursor", cursor);
    if (search.value.trim()) query.set("q", search.value.trim());
    const page = await call(`images?${query}`);
    if (mine !== turn) return;
    const shown = page.images.filter((image) => !isBeingDeleted(image) && !find(`#card-${idOf(image)}`));
    list.append(...shown.map(card));
    cursor = page.next_cursor;
    more.hidden = cursor === null;
    told.classList.remove("error");
    tell(page);
  } catch (error) {
    if (mine !== turn) return;
    told.classList.add("error"); // so that it isn't asked again until the person says so
    told.textContent = inWords(error);
    more.hidden = false;
  } finally {
    loading = false;
    if (mine === turn) again();
    else load();
  }
}

function tell(page) {
  const empty = search.value.trim() ? "No picture has these words in its prompt." : "No pictures yet. What shall be the first?";
  if (!list.children.length) told.textContent = empty;
  else if (page && search.value.trim()) told.textContent = `${page.total_exact ? "" : "More than "}${page.total_images} found`;
  else if (page) told.textContent = `${page.total_images} picture${page.total_images === 1 ? "" : "s"}`;
  else told.textContent = "";
}

// An observer tells only of changes, so one that still sees the end has to be asked anew.
function again() {
  atEnd.unobserve(more);
  if (!more.hidden && !told.classList.contains("error")) atEnd.observe(more);
}

const atEnd = new IntersectionObserver(([entry]) => { if (entry.isIntersecting && cursor) load(); }, { rootMargin: "600px" });

export function restart() {
  turn += 1;
  cursor = null;
  list.replaceChildren();
  return load();
}

search.addEventListener("input", later(250, restart));
find("#search-form").addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", load);
document.addEventListener("key-changed", restart);
