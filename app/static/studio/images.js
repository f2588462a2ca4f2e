// Image URLs, and loading of private images, which an <img> can't fetch as it sends no API key.

import { failureOf, request } from "./api.js";
import { server, urlOf } from "./server.js";

export const idOf = (image) => image.filename.replace(/\.png$/, "");

/** Return the address of the image's page. */
export const pageOf = (image) => urlOf(`p/${idOf(image)}`);

/** Return the image's path below the service, whose host can differ from the host in `url`. */
export const pathOf = (image, query = "") => `images/${image.filename}${query && `?${query}`}`;

/**
 * Return the path of the plain image, or of a variant if plain images redirect to the store: the
 * page's content security policy blocks other hosts.
 */
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
    img.src = urlOf(path);
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
