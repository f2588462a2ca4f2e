// Enclosed areas of background color: which of them are kept, and how edits say so.

const OPPOSITE = { keep: "cut", cut: "keep" };

/** Return the decision about each area, by its number, as the edits show the image. */
export function decisionsOf(image, edits) {
  const choice = edits.get("holes");
  const areas = image.cutout?.areas ?? [];
  const stored = new Map(areas.map((area) => [area.number, area.decision]));
  if (choice === null) return stored;
  if (choice === "keep" || choice === "cut") return new Map(areas.map((area) => [area.number, choice]));
  const judged = new Map(areas.map((area) => [area.number, area.chance >= 0.5 ? "keep" : "cut"]));
  const decided = image.cutout_options?.holes ? judged : stored;
  for (const part of choice.split(";")) {
    const [decision, numbers] = part.split(":");
    for (const number of numbers?.split(",") ?? []) decided.set(Number(number), decision);
  }
  return decided;
}

/** Return the value of `holes` in which one area is decided the other way; null for none. */
export function toggled(image, edits, number) {
  const decisions = decisionsOf(image, edits);
  decisions.set(number, OPPOSITE[decisions.get(number)]);
  const areas = image.cutout.areas;
  const changed = areas.filter((area) => decisions.get(area.number) !== area.decision);
  if (changed.length === 0) return null;
  // What is stored is not added to: if it isn't automatic, every area has to be named.
  const named = image.cutout_options?.holes ? areas : changed;
  const list = (decision) => named.map((area) => area.number).filter((each) => decisions.get(each) === decision);
  const parts = ["keep", "cut"].map((decision) => [decision, list(decision)]).filter(([, numbers]) => numbers.length);
  return parts.map(([decision, numbers]) => `${decision}:${numbers.join(",")}`).join(";");
}
