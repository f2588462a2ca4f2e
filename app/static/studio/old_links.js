// Addresses such as `/#<id>`, which showed an image before it had a page.

import { urlOf } from "./server.js";

const ID = /^#([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Go to the image's page if the address is that of an image. */
export function followOldLink() {
  const id = ID.exec(location.hash)?.[1];
  if (id) location.replace(urlOf(`p/${id}`));
}
