// Image URLs, and loading of private images, which <img> can't fetch without the key.

import { failureOf, request } from "./api.js";
import { server } from "./server.js";

export const idOf = (image) => image.filename.replace(/\.png$/, "");

/** The image's path on this host, which may have another name than the one in `url`. */
export const pathOf = (image, query = "") => `images/${image.filename}${query && `?${query}`}`;

/** Where plain images redirect to the store, ask for a variant: the page's policy blocks other hosts. */
export const plainPath = (image) => pathOf(image, server.redirects ? "format=webp" : "");

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
    img.src = path;
    return;
  }
  img.dataset.path = path;
  visibilityObserver.observe(img);
}

const visibilityObserver = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    visibilityObserver.unobserve(target);
    blobOf(target.dataset.path).then((blob) => setImageBlob(target, blob), () => target.classList.add("missing"));
  }
}, { rootMargin: "400px" });
