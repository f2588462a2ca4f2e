// Short notifications, optionally with one action.

import { find, make } from "./dom.js";

const container = find("#toasts");

/** Show a notification; return a function that removes it. */
export function notify(text, { seconds = 6, action = null } = {}) {
  const toast = make("div", { className: "toast" }, make("span", {}, text));
  const remove = () => toast.remove();
  if (action) {
    const button = make("button", { type: "button", className: "quiet" }, action.label);
    button.addEventListener("click", () => { remove(); action.run(); });
    toast.append(button);
  }
  container.append(toast);
  setTimeout(remove, 1000 * seconds);
  return remove;
}

/** Press the button of the newest notification that has one, such as Undo. */
export function runNewestAction() {
  [...container.querySelectorAll("button")].at(-1)?.click();
}
