// Short notes at the edge of the page, perhaps with one thing to do.

import { find, make } from "./dom.js";

const shelf = find("#toasts");

/** Show a note for so many seconds; returns what takes it away. */
export function note(text, { seconds = 6, action = null } = {}) {
  const toast = make("div", { className: "toast" }, make("span", {}, text));
  const remove = () => toast.remove();
  if (action) {
    const button = make("button", { type: "button", className: "quiet" }, action.label);
    button.addEventListener("click", () => { remove(); action.work(); });
    toast.append(button);
  }
  shelf.append(toast);
  setTimeout(remove, 1000 * seconds);
  return remove;
}
