// Find and create elements. Text is set as text content, so values are never parsed as markup.

export const find = (selector, within = document) => within.querySelector(selector);

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Return a function that runs `work` once its calls have paused for `milliseconds`. */
export function debounce(milliseconds, work) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), milliseconds);
  };
}

export const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/**
 * Return a function that runs asynchronous `work` immediately, but at most once per `milliseconds`
 * and one at a time. Calls in between lead to one further run, after the last of them.
 */
export function throttle(milliseconds, work) {
  let running = false;
  let again = false;
  return async function run() {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await Promise.all([work(), pause(milliseconds)]);
    }
    running = false;
  };
}
