// The newest images, under the form.

import { call } from "./api.js";
import { card, imageCount } from "./cards.js";
import { isPendingDeletion } from "./deletion.js";
import { find } from "./dom.js";
import { idOf } from "./images.js";
import { NoKey } from "./key.js";
import { errorMessage } from "./messages.js";

const COUNT = 12;
const list = find("#gallery");
const statusLine = find("#gallery-status");
const again = find("#more");
let total = 0;

function showTotal() {
  statusLine.textContent = total ? imageCount(total) : "No images yet.";
}

/** Show the newest images. */
export async function loadRecent() {
  try {
    const page = await call(`images?limit=${COUNT}`, { cache: "no-cache" });
    const listed = page.images.filter((image) => !isPendingDeletion(image));
    list.replaceChildren(...listed.map(card));
    total = page.total_images - (page.images.length - listed.length);
    statusLine.classList.remove("error");
    again.hidden = true;
    showTotal();
  } catch (error) {
    statusLine.classList.add("error");
    statusLine.textContent = errorMessage(error);
    again.textContent = error instanceof NoKey ? "Enter API key" : "Try again";
    again.hidden = false;
  }
}

/** Show an image that was just made, unless it is shown already. */
export function addNewest(image) {
  if (find(`#card-${idOf(image)}`)) return;
  list.prepend(card(image));
  [...list.children].slice(COUNT).forEach((item) => item.remove());
  total += 1;
  showTotal();
}

/** Remove the cards of deleted images. */
export function removeCards(images) {
  for (const image of images) find(`#card-${idOf(image)}`)?.remove();
  total -= images.length;
  showTotal();
}

again.addEventListener("click", loadRecent);
document.addEventListener("key-changed", () => {
  list.replaceChildren(); // of another caller
  loadRecent();
});
// Other tabs may have changed the list. What has the focus is not taken away.
document.addEventListener("visibilitychange", () => { if (!document.hidden && !list.contains(document.activeElement)) loadRecent(); });
