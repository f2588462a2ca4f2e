// What the page was told about the server that sent it.

const told = document.body.dataset;

export const server = {
  free: ["offline", "replay"].includes(told.provider),
  model: told.model,
  asksForKeys: told.keys === "yes",
  hidesPictures: told.pictures === "private",
  redirects: told.redirects === "yes",
};
