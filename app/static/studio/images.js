// Image URLs, and loading of private images, which an <img> can't fetch as it sends no API key.

import { failureOf, request } from "./api.js";
import { server, urlOf } from "./server.js";

export const idOf = (image) => image.filename.replace(/\.png$/, "");

/** Return the address of the image's page. */
export const pageOf = (image) => urlOf(`p/${idOf(image)}`);

/** Return the image's path below the service, whose host can differ from the host in `url`. */
export const pathOf = (image, query = "") => `images/${image.filename}${query && `?${query}`}`;

/**
 * Return the path of the plain image; with its width, if the path without a query redirects to the
 * store: the page's content security policy blocks other hosts.
 */
export const plainPath = (image) => pathOf(image, server.redirects ? "w=256" : "");

export async function blobOf(path, signal) {
  const response = await request(path, { signal });
  if (!response.ok) throw await failureOf(response);
  return response.blob();
}

export function setImageBlob(img, blob) {
  const url = URL.createObjectURL(blob);
  const release = () => URL.revokeObjectURL(url);
  img.addEventListener("load", release, { once: true });
  img.src = url;
}

export function setImage(img, path) {
  if (!server.privateImages) {
    img.src = urlOf(path);
    return;
  }
  img.dataset.path = path;
  visibilityObserver.observe(img);
}

// After an error, plain files are shown for a time: the server may allow no more variants now.
const BACK_OFF = 10_000; // milliseconds
let plainUntil = 0;

const WIDTHS = [160, 256, 512, 1024]; // pixels; those above 256 are made from the original

// AVIF is the smallest, but takes long to make of a large image.
const variantPath = (image, width) => pathOf(image, `w=${width}&format=${width > 256 ? "webp" : "auto"}`);

/**
 * Show an image that is at most `width` pixels of the page wide, by the smallest file that is sharp.
 *
 * An image whose original is gone, or whose variants have to be signed, is shown by its plain file.
 * After an error all are, and are tried again once the time is over, at most `retries` times.
 */
export function showImage(img, image, width, retries = 1) {
  const retryLater = () => {
    if (retries) setTimeout(() => { if (img.isConnected) showImage(img, image, width, retries - 1); }, BACK_OFF);
  };
  if (server.signedOnly) {
    setImage(img, plainPath(image));
  } else if (Date.now() < plainUntil) {
    setImage(img, plainPath(image));
    retryLater();
  } else if (server.privateImages) {
    setImage(img, variantPath(image, WIDTHS.find((each) => each >= width * devicePixelRatio) ?? WIDTHS.at(-1)));
  } else {
    img.addEventListener("error", () => {
      plainUntil = Date.now() + BACK_OFF;
      img.removeAttribute("srcset");
      img.src = urlOf(plainPath(image));
      retryLater();
    }, { once: true });
    img.sizes = img.loading === "lazy" ? `auto, ${width}px` : `${width}px`;
    img.srcset = WIDTHS.map((each) => `${urlOf(variantPath(image, each))} ${each}w`).join(", ");
  }
}

const visibilityObserver = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    visibilityObserver.unobserve(target);
    blobOf(target.dataset.path).then((blob) => setImageBlob(target, blob), () => target.classList.add("missing"));
  }
}, { rootMargin: "400px" });
