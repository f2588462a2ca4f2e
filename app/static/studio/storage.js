// The browser's storages. Browsers can block them for a site, so that every access throws, and they
// can be full. They then count as unavailable: nothing is stored.

const storage = (area) => ({
  load(name) {
    try {
      return area().getItem(name);
    } catch {
      return null;
    }
  },
  /** Store a text, or remove it if it is null; return whether that succeeded. */
  save(name, text) {
    try {
      if (text === null) area().removeItem(name);
      else area().setItem(name, text);
      return true;
    } catch {
      return false;
    }
  },
});

/** Forgotten when the tab is closed. */
export const tabStorage = storage(() => sessionStorage);

/** Shared by all tabs, and kept when they are closed. */
export const siteStorage = storage(() => localStorage);
