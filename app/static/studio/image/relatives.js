// Other candidates of the same prompt, and the image that this one was made from.

import { call } from "../api.js";
import { find, make } from "../dom.js";
import { idOf, pageOf, setImage } from "../images.js";

/** Show links to the images that belong to this one. */
export async function showRelatives(image) {
  const names = new Set([image.filename]);
  const listed = image.group ? (await call(`images?group=${image.group}&limit=4`)).images : [];
  const candidates = listed.filter((other) => !names.has(other.filename));
  const parents = (image.parents ?? []).map((filename) => ({ filename, prompt: "The image that this one was made from" }));
  const links = [...parents, ...candidates].map(link);
  find("#relatives").replaceChildren(...links);
  find("#relatives-section").hidden = links.length === 0;
}

function link(image) {
  const img = make("img", { alt: image.prompt, width: 96, height: 96, loading: "lazy" });
  setImage(img, `images/${image.filename}?w=192&format=webp`);
  img.addEventListener("error", () => img.closest("li")?.remove()); // it was deleted
  return make("li", {}, make("a", { href: pageOf(image), title: image.prompt, id: `relative-${idOf(image)}` }, img));
}
