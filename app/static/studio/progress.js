// The time that an image takes: a clock, and how long images with these options took before.

import { find } from "./dom.js";
import { server } from "./server.js";
import { siteStorage } from "./storage.js";
import { duration } from "./messages.js";

const NAME = "image-generator-durations";
const MAX_KEPT = 9; // durations for each combination of options
const clock = find("#elapsed");
const typical = find("#typical");
const bar = find("#progress");

const optionsOf = ({ quality, size, enhance, n }) => JSON.stringify([server.model, quality ?? "", size, enhance, n ?? 1]);

function load() {
  try {
    return JSON.parse(siteStorage.load(NAME) ?? "{}") ?? {};
  } catch {
    return {}; // not written by this page
  }
}

/** Return the median of the durations with these options, in seconds; null if there are none. */
function typicalSeconds(body) {
  const known = load()[optionsOf(body)];
  if (!Array.isArray(known) || !known.length) return null;
  return known.toSorted((a, b) => a - b)[Math.floor(known.length / 2)];
}

/** Keep how long an image took. */
export function recordDuration(body, seconds) {
  const all = load();
  const known = Array.isArray(all[optionsOf(body)]) ? all[optionsOf(body)] : [];
  siteStorage.save(NAME, JSON.stringify({ ...all, [optionsOf(body)]: [...known, seconds].slice(-MAX_KEPT) }));
}

/** Show the time since `began`, and what is typical; return a function that stops that. */
export function startClock(began, body) {
  const usual = typicalSeconds(body);
  typical.textContent = usual ? `Usually ${duration(Math.max(1, usual))}.` : "";
  bar.hidden = !usual;
  const tick = () => {
    const seconds = (Date.now() - began) / 1000;
    clock.textContent = `${seconds.toFixed(1)} s`;
    // It never reaches the end by itself: only the image does.
    if (usual) bar.value = 1 - Math.exp((-2 * seconds) / usual);
  };
  tick();
  const timer = setInterval(tick, 100);
  return () => {
    clearInterval(timer);
    bar.hidden = true;
    clock.textContent = typical.textContent = ""; // the result says how long it took
    return (Date.now() - began) / 1000;
  };
}
