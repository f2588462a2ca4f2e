// The page of one image: starts the editor and what else works on the image.

import { call } from "../api.js";
import { deleteSoon } from "../deletion.js";
import { debounce, find } from "../dom.js";
import { currentKey, NoKey } from "../key.js";
import { bytes, errorMessage } from "../messages.js";
import { server, urlOf } from "../server.js";
import { addBackdropPicker } from "./backdrop.js";
import { setUpBrush } from "./brush.js";
import { setUpCompare } from "./compare.js";
import { setUpCutout } from "./cutout.js";
import { buildEditor } from "./editor.js";
import { ICON_SIDES, isIcon, pageQuery, readEdits, sizeOf } from "./edits.js";
import { setUpExports } from "./exports.js";
import { showFacts } from "./facts.js";
import { extensionOf, setUpFiles } from "./files.js";
import { setUpPresets } from "./presets.js";
import { Preview } from "./preview.js";
import { showRelatives } from "./relatives.js";
import { setUpSaving } from "./saving.js";
import { target } from "./target.js";
import { Undo } from "./undo.js";
import { setUpWords } from "./words.js";

const SETTLED_MS = 400; // without a change, before a step is added to the history
const article = find("#image-page");
const canvas = find("#canvas");
const form = find("#editor");
const img = find("#image");
const status = find("#file-status");

let image = target;
let edits = readEdits(location.search);
let readControls = () => edits;

const undo = new Undo(pageQuery(edits));
const preview = new Preview({
  filename: target.filename, img, canvas, onFile: showFile, onError: (error) => say(errorMessage(error), "error"),
});
const files = setUpFiles({ current: () => ({ image, edits }), say });
const compare = setUpCompare({ canvas, say });
const cutout = setUpCutout({ canvas, change: (changed) => apply(changed) });
const brush = setUpBrush({ canvas, imageId: target.id, onToggle: toggleBrush, onChange: () => saving.refresh() });
const saving = setUpSaving({ current: () => ({ image, edits }), brush, say });
const palette = setUpExports({ current: () => ({ image, edits }), change: changeTo, say });
const suggestBackdrop = addBackdropPicker(find("#stage"), find("#backdrop-place"));

function say(text, tone = "") {
  status.textContent = text;
  status.dataset.tone = tone;
}

function showFile(blob) {
  const { width, height } = sizeOf(edits);
  const size = isIcon(edits) ? `${ICON_SIDES.join(", ")} px` : `${width} × ${height}`;
  say(`${size} · ${extensionOf(blob.type).toUpperCase()} · ${bytes(blob.size)}`);
}

const commit = () => {
  undo.commit(pageQuery(edits));
  refreshUndo();
};
const commitSoon = debounce(SETTLED_MS, commit);

/** Show the current edits everywhere. */
function show({ isFinal = false } = {}) {
  preview.show(edits, { isFinal });
  for (const part of [files, compare, cutout, brush, saving, palette]) part.refresh(edits);
}

function change() {
  edits = readControls();
  show();
  commitSoon();
}

/** Show edits that were made outside of the form, while they may go on. */
function changeTo(changed) {
  edits = changed;
  readControls = buildEditor(form, edits, change);
  show();
  commitSoon();
}

/** Show the original below the cutout while the brush is on. */
async function toggleBrush(isOn) {
  if (isOn) await compare.show("faint");
  else compare.hide();
  canvas.classList.toggle("brushing", isOn);
}

/** Show other edits, as a step that can be undone unless it is one. */
function apply(query, { isStep = true } = {}) {
  const focused = document.activeElement?.id;
  edits = readEdits(query);
  if (isStep) commit();
  readControls = buildEditor(form, edits, change);
  show();
  refreshUndo();
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
}

function step(method) {
  commit();
  const query = undo[method]();
  if (query !== null) apply(query, { isStep: false });
}

function refreshUndo() {
  find("#undo").disabled = !undo.canUndo;
  find("#redo").disabled = !undo.canRedo;
}

async function describe() {
  // A shared image can be seen without a key, so none is asked for.
  if (server.requiresKey && !server.privateImages && !currentKey()) return;
  try {
    image = await call(`images/${target.filename}/metadata`);
  } catch (error) {
    if (!(error instanceof NoKey)) say(errorMessage(error), "error");
    return;
  }
  if (image.replaced_by) {
    location.replace(urlOf(`p/${image.replaced_by.replace(/\.png$/, "")}${location.search}`));
    return;
  }
  img.alt = image.prompt;
  showFacts(image);
  brush.describe(image);
  cutout.describe(image);
  for (const part of [files, cutout, saving]) part.refresh(edits);
  for (const element of document.querySelectorAll("[data-owned]")) element.hidden = false;
  find("#use-prompt").href = urlOf(`?prompt=${encodeURIComponent(image.prompt)}`);
  showRelatives(image).catch((error) => say(errorMessage(error), "error"));
  if (image.cutout?.verdict === "check") whenLoaded(() => suggestBackdrop(img));
}

function whenLoaded(run) {
  if (img.complete && img.naturalWidth) run();
  else img.addEventListener("load", run, { once: true });
}

function remove() {
  article.classList.add("deleted");
  deleteSoon(image, () => article.classList.remove("deleted"));
}

function start() {
  if (target.signedOnly) {
    say("This server serves signed variants only, so images can't be edited here. The plain 256-pixel PNG can be downloaded.");
  } else {
    readControls = buildEditor(form, edits, change);
    show({ isFinal: true });
    setUpPresets({ apply: (query) => apply(query), current: () => pageQuery(edits), say });
  }
  setUpWords();
  files.refresh(edits);
  refreshUndo();
  return describe();
}

form.addEventListener("submit", (event) => event.preventDefault());
find("#reset").addEventListener("click", () => apply(""));
find("#undo").addEventListener("click", () => step("undo"));
find("#redo").addEventListener("click", () => step("redo"));
find("#delete").addEventListener("click", remove);
document.addEventListener("key-changed", describe);
addEventListener("pagehide", commit);
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches("textarea, input[type=text], input[type=search]")) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  step(key === "y" || event.shiftKey ? "redo" : "undo");
});

start();
