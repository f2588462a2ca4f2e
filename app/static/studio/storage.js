// The tab's session storage. Browsers can block it for a site, so that every access throws, and it
// can be full. It then counts as unavailable: nothing is stored.

export function load(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Store a text, or remove it if it is null. */
export function save(name, text) {
  try {
    if (text === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, text);
  } catch {
    // It isn't stored.
  }
}
