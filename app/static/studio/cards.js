// Cards of images, as the gallery and the page that generates images show them.

import { make } from "./dom.js";
import { idOf, pageOf, showImage } from "./images.js";
import { date, modelLabel } from "./messages.js";

const WIDTH = 208; // of a card's image, in pixels of the page
const EAGER = 6; // images of the first row are requested without waiting for the layout

function thumbnail(image, index) {
  // The files of an image in the trash can't be read.
  if (image.trashed_at) return make("span", { className: "gone" }, `Deleted ${date(image.trashed_at)}`);
  const img = make("img", {
    alt: "", width: 256, height: 256, loading: index < EAGER ? "eager" : "lazy", decoding: "async",
  });
  showImage(img, image, WIDTH);
  img.addEventListener("error", () => { if (!img.srcset) img.classList.add("missing"); });
  return img;
}

/** Return a card of an image that leads to its page; `index` is its place in the list. */
export function card(image, index = EAGER) {
  const link = make(
    "a", { href: pageOf(image), title: image.prompt },
    thumbnail(image, index), make("span", { className: "prompt", dir: "auto" }, image.prompt),
    make("small", {}, modelLabel(image)),
  );
  return make("li", { id: `card-${idOf(image)}` }, link);
}

/** Return a count of images as text, such as "1 image". */
export const imageCount = (count) => `${count.toLocaleString()} image${count === 1 ? "" : "s"}`;
