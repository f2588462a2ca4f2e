// The usage page: the budget, and what each day cost.

import { call } from "./api.js";
import { find, make } from "./dom.js";
import { amount, date, errorMessage } from "./messages.js";

const DAY = 24 * 60 * 60 * 1000; // milliseconds
const period = find("#period");
const statusLine = find("#usage-status");

const dayOf = (time) => new Date(time).toISOString().slice(0, 10);

function figure(label, value, ...more) {
  return make(
    "div", { className: "panel figure" }, make("span", { className: "soft" }, label), make("strong", {}, value), ...more,
  );
}

function budgetFigure({ limit_usd: limit, spent_usd: spent, remaining_usd: left, period: span, resets_at: resets }) {
  const gauge = make("meter", { min: 0, max: limit, value: spent, "aria-label": "Part of the budget that is spent" });
  const note = `${amount(spent)} of ${amount(limit)} spent. Resets ${date(resets)}.`;
  return figure(`Left of the ${span}'s budget`, amount(left), gauge, make("span", { className: "soft" }, note));
}

/** Return one entry for each day of the period: the report leaves out days without usage. */
function everyDay(days, first, last) {
  const known = new Map(days.map((day) => [day.date, day]));
  const all = [];
  for (let time = Date.parse(first); time <= Date.parse(last); time += DAY) {
    const name = dayOf(time);
    all.push(known.get(name) ?? { date: name, cost_usd: 0, images: 0, images_of_unknown_cost: 0 });
  }
  return all;
}

function bars(days) {
  const measure = days.some((day) => day.cost_usd) ? "cost_usd" : "images"; // nothing costs anything offline
  const most = Math.max(...days.map((day) => day[measure])) || 1;
  return days.map((day) => {
    const bar = make("span", { title: `${day.date}: ${day.images} images, ${amount(day.cost_usd)}` });
    bar.style.setProperty("--height", `${(100 * day[measure]) / most}%`);
    return bar;
  });
}

function row({ date: day, images, cost_usd: cost, images_of_unknown_cost: unknown }) {
  const note = unknown ? ` and ${unknown} of unknown cost` : "";
  return make("tr", {}, make("td", {}, day), make("td", {}, String(images)), make("td", {}, amount(cost) + note));
}

function show(report, first, last) {
  const total = report.days.reduce((sum, day) => sum + day.images, 0);
  const unknown = report.days.reduce((sum, day) => sum + day.images_of_unknown_cost, 0);
  const notes = unknown ? [make("span", { className: "soft" }, `${unknown} of unknown cost`)] : [];
  const budget = report.budget ? budgetFigure(report.budget) : figure("Budget", "No limit");
  find("#account").textContent = report.account ? `Of the API key “${report.account}”` : "Of this server";
  find("#figures").replaceChildren(
    figure("Spent", amount(report.cost_usd)), figure("Images", total.toLocaleString(), ...notes), budget,
  );
  find("#bars").replaceChildren(...bars(everyDay(report.days, first, last)));
  const rows = report.days.toReversed().map(row);
  const nothing = make("tr", {}, make("td", { colSpan: 3 }, "Nothing was generated in this period."));
  find("#days tbody").replaceChildren(...(rows.length ? rows : [nothing]));
}

async function load() {
  const last = dayOf(Date.now());
  const first = dayOf(Date.now() - (Number(period.value) - 1) * DAY);
  try {
    const report = await call(`usage?${new URLSearchParams({ from: first, to: last })}`);
    show(report, first, last);
    statusLine.textContent = "";
    statusLine.classList.remove("error");
  } catch (error) {
    statusLine.textContent = errorMessage(error);
    statusLine.classList.add("error");
  }
}

period.addEventListener("change", load);
document.addEventListener("key-changed", load);
load();
