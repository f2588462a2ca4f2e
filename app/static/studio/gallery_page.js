// Starts the page of all images, with its keyboard.

import { find } from "./dom.js";
import { imageOf, inTrash, restart } from "./gallery.js";
import { followOldLink } from "./old_links.js";
import { remove, setSelecting } from "./selection.js";
import { addShortcuts } from "./shortcuts.js";

const list = find("#gallery");
const links = () => [...list.querySelectorAll("li:not([hidden]) > a")];

/** Move the focus from one card to another; into the list, if it is elsewhere. */
function move(event) {
  const all = links();
  const now = all.indexOf(document.activeElement);
  if (now < 0 && event.target !== document.body) return false;
  const columns = all.filter((link) => link.offsetParent && link.parentElement.offsetTop === all[0].parentElement.offsetTop).length || 1;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  const target = all[now < 0 ? 0 : now + step];
  target?.focus();
  return Boolean(target);
}

function removeFocused() {
  const item = document.activeElement?.closest("#gallery li");
  if (!item || inTrash()) return false;
  const all = links();
  const place = all.indexOf(find("a", item));
  remove([imageOf(item)]);
  (links()[Math.min(place, all.length - 2)] ?? find("#search")).focus();
  return true;
}

addShortcuts([
  { keys: ["/"], label: "Search", run: () => find("#search").focus() },
  { keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], label: "Go to another image", run: move },
  { keys: ["Enter"], label: "Open the image" },
  { keys: ["Delete"], label: "Delete the image", run: removeFocused },
  { keys: ["Escape"], label: "Stop selecting", run: () => setSelecting(false) },
]);
followOldLink();
restart();
