// The cutout in the open: its verdict with a remedy, and enclosed areas that are toggled by a click.

import { find, make } from "../dom.js";
import { decisionsOf, toggled } from "./areas.js";
import { placeOverSquare } from "./geometry.js";

const WHITE_PARTS = "enclosed areas";
const percent = (share) => `${Math.max(1, Math.round(100 * share))}%`;

/** Set up the section; `change` gets the edits of a click, and `refresh` is returned. */
export function setUpCutout({ canvas, change }) {
  const overlay = make("div", { className: "areas" });
  canvas.append(overlay);
  let shown = { image: null, edits: null };

  function set(holes) {
    const edits = new URLSearchParams(shown.edits);
    if (holes === null) edits.delete("holes");
    else edits.set("holes", holes);
    change(edits);
  }

  function areaButton({ number, box: [left, top, width, height], share }) {
    const button = make("button", { type: "button", className: "area" });
    Object.assign(button.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%` });
    button.dataset.number = number;
    button.dataset.share = percent(share);
    button.addEventListener("click", () => set(toggled(shown.image, shown.edits, number)));
    return button;
  }

  /** Show the verdict and areas of an image. */
  function describe(image) {
    shown = { ...shown, image };
    const { verdict, reasons = [], areas = [] } = image.cutout ?? {};
    const isDoubtful = reasons.some((reason) => reason.includes(WHITE_PARTS) || /\bareas? \d/.test(reason)) && areas.length > 0;
    find("#verdict").textContent = message(verdict, reasons, isDoubtful);
    find("#verdict").dataset.verdict = verdict ?? "";
    find("#remedies").hidden = areas.length === 0;
    find("#areas-hint").hidden = areas.length === 0;
    overlay.replaceChildren(...areas.map(areaButton));
    overlay.classList.toggle("doubtful", isDoubtful);
  }

  /** Show the decisions of the edits. */
  function refresh(edits) {
    shown = { ...shown, edits };
    if (!shown.image) return;
    placeOverSquare(overlay, edits);
    const decisions = decisionsOf(shown.image, edits);
    for (const button of overlay.children) {
      const { number, share } = button.dataset;
      const isKept = decisions.get(Number(number)) === "keep";
      button.setAttribute("aria-pressed", isKept);
      button.setAttribute("aria-label", `White area ${number}, ${share} of the subject: keep`);
      button.title = isKept ? `Area ${number} is kept. Click to remove it.` : `Area ${number} is removed. Click to keep it.`;
    }
    const all = [...decisions.values()];
    find("#keep-white").hidden = all.every((each) => each === "keep");
    find("#remove-white").hidden = all.every((each) => each === "cut");
  }

  find("#keep-white").addEventListener("click", () => set("keep"));
  find("#remove-white").addEventListener("click", () => set("cut"));
  return { describe, refresh };
}

function message(verdict, reasons, isDoubtful) {
  if (isDoubtful) return "Needs a look: white parts may be missing, or left in.";
  const because = reasons.length ? `: ${reasons.join("; ")}.` : ".";
  if (verdict === "good") return "Looks good.";
  if (verdict === "check") return `Needs a look${because}`;
  if (verdict === "bad") return `The background wasn't removed${because}`;
  return "Unchecked.";
}
