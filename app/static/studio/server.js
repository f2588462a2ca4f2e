// Facts about the server, from the page's data attributes.

const { root, provider, model, keys, images, redirects, variants } = document.body.dataset;

/** Return the address of a path of the API, such as `images`, below the path of the service. */
export const urlOf = (path) => root + path;

export const server = {
  free: ["offline", "replay"].includes(provider),
  model,
  requiresKey: keys === "yes",
  privateImages: images === "private",
  redirects: redirects === "yes",
  signedOnly: variants === "signed", // variants need a signature, which this page can't make
};
