// What the page was told about the server that sent it.

const told = document.body.dataset;

export const server = {
  offline: told.provider === "offline",
  model: told.model,
  asksForKeys: told.keys === "yes",
  hidesPictures: told.pictures === "private",
  redirects: told.redirects === "yes",
};
