// Pictures, which an <img> can fetch by itself unless they are only for who has the key.

import { failureOf, request } from "./api.js";
import { server } from "./server.js";

export const idOf = (image) => image.filename.replace(/\.png$/, "");

/** Where a picture is on this host: the page may be reached under another name than answers tell. */
export const pathOf = (image, query = "") => `images/${image.filename}${query && `?${query}`}`;

/** A server that redirects plain pictures sends variants itself; others would be blocked here. */
export const plainPath = (image) => pathOf(image, server.redirects ? "format=webp" : "");

export async function blobOf(path, signal) {
  const response = await request(path, { signal });
  if (!response.ok) throw await failureOf(response);
  return response.blob();
}

export function showBlob(picture, blob) {
  const address = URL.createObjectURL(blob);
  const release = () => URL.revokeObjectURL(address);
  picture.addEventListener("load", release, { once: true });
  picture.src = address;
}

export function show(picture, path) {
  if (!server.hidesPictures) {
    picture.src = path;
    return;
  }
  picture.dataset.path = path;
  nearby.observe(picture);
}

const nearby = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    blobOf(target.dataset.path).then((blob) => showBlob(target, blob), () => target.classList.add("missing"));
  }
}, { rootMargin: "400px" });
