// Facts about the server, from the page's data attributes.

const { provider, model, keys, images, redirects } = document.body.dataset;

export const server = {
  free: ["offline", "replay"].includes(provider),
  model,
  requiresKey: keys === "yes",
  privateImages: images === "private",
  redirects: redirects === "yes",
};
