// The image that the page is about, from its data attributes.

import { find } from "../dom.js";

const { imageId, imageUrl, prompt, signedOnly } = find("#image-page").dataset;

export const target = {
  id: imageId,
  filename: `${imageId}.png`,
  url: imageUrl,
  prompt, // "" where it isn't public
  signedOnly: signedOnly === "yes", // whether variants can't be requested without a signature
};
