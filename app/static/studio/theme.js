// The theme of the pages: that of the system, light or dark. This is no module, so that it runs before
// the page is painted. Browsers can block their storage: then a choice holds for this page only.

(() => {
  const NAME = "image-generator-theme";
  const root = document.documentElement;

  function load() {
    try {
      return localStorage.getItem(NAME) ?? "";
    } catch {
      return "";
    }
  }

  function save(theme) {
    try {
      if (theme) localStorage.setItem(NAME, theme);
      else localStorage.removeItem(NAME);
    } catch {
      // The choice isn't kept.
    }
  }

  function apply(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.dispatchEvent(new Event("theme-changed"));
  }

  function showChoice() {
    const chosen = root.dataset.theme ?? "";
    for (const input of document.querySelectorAll("#theme input")) input.checked = input.value === chosen;
  }

  apply(load());
  addEventListener("storage", (event) => { // of another tab
    if (event.key !== NAME && event.key !== null) return;
    apply(event.newValue);
    showChoice();
  });
  document.addEventListener("DOMContentLoaded", () => {
    const group = document.querySelector("#theme");
    group.hidden = false;
    showChoice();
    group.addEventListener("change", ({ target }) => {
      apply(target.value);
      save(target.value);
    });
  });
})();
