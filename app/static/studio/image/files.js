// The file of the edits: downloading and copying it, and snippets with its address.

import { find, make } from "../dom.js";
import { blobOf, pathOf } from "../images.js";
import { bytes, errorMessage } from "../messages.js";
import { fileQuery, fileSizeOf } from "./edits.js";
import { SNIPPETS } from "./snippets.js";
import { target } from "./target.js";

const MAX_STEM = 60;
const SELECTORS = /[\ufe00-\ufe0f]/g; // invisible: they select the look of emoji
const EXTENSIONS = { "image/jpeg": "jpg", "image/x-icon": "ico", "image/vnd.microsoft.icon": "ico", "image/svg+xml": "svg" };

/** Return the usual file extension of a content type. */
export const extensionOf = (type) => EXTENSIONS[type] ?? type.replace("image/", "");

/** Return a file name made of the prompt's words, or of the id, without an extension. */
export function fileStem(image) {
  const letters = image.prompt.toLowerCase().normalize("NFC").replace(SELECTORS, " ");
  const words = letters.replace(/[^\p{L}\p{N}\p{Mn}\p{Mc}]+/gu, "-").replace(/^-|-$/g, "");
  const short = words.length <= MAX_STEM ? words : words.slice(0, MAX_STEM + 1).replace(/-[^-]*$/, "").slice(0, MAX_STEM);
  return short || image.filename.replace(/\.png$/, "");
}

/** Offer a blob as a download. */
export function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Set up the buttons; `current` returns `{image, edits}`, and `say` shows a message. */
export function setUpFiles({ current, say }) {
  const kind = find("#snippet-kind");
  const text = find("#snippet");

  function refresh() {
    const { image, edits } = current();
    const query = target.signedOnly ? "" : fileQuery(edits);
    const extension = extensionOf(`image/${edits.get("format")?.replace("auto", "png") ?? "png"}`);
    const { width, height } = target.signedOnly ? { width: 256, height: 256 } : fileSizeOf(edits);
    const url = image.url + (query && `?${query}`);
    text.value = SNIPPETS[kind.value].write({ url, alt: image.prompt, width, height, file: `${fileStem(image)}.${extension}` });
  }

  const path = () => {
    const { image, edits } = current();
    return pathOf(image, target.signedOnly ? "" : fileQuery(edits));
  };

  async function download() {
    try {
      const blob = await blobOf(path());
      save(blob, `${fileStem(current().image)}.${extensionOf(blob.type)}`);
      say(`Downloaded · ${bytes(blob.size)}`);
    } catch (error) {
      say(errorMessage(error), "error");
    }
  }

  async function downloadOriginal() {
    try {
      const blob = await blobOf(`images/${target.filename}/original`);
      save(blob, `${fileStem(current().image)}-original.${extensionOf(blob.type)}`);
      say(`Downloaded the original · ${bytes(blob.size)}`);
    } catch (error) {
      say(errorMessage(error), "error");
    }
  }

  async function copyImage() {
    // Browsers take PNG only. The promise lets Safari keep the click while the file is loaded.
    const edits = new URLSearchParams(current().edits);
    edits.delete("format");
    const png = blobOf(pathOf(current().image, target.signedOnly ? "" : fileQuery(edits)));
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
      say("Copied the image.");
    } catch (error) {
      const failure = await png.then(() => null, (reason) => reason);
      say(failure ? errorMessage(failure) : `This browser can't copy images here. Download it instead.`, "error");
    }
  }

  async function copyText(value, done) {
    try {
      await navigator.clipboard.writeText(value);
      say(done);
    } catch {
      // The clipboard is only available in secure contexts.
      text.focus();
      text.select();
      say("Press Ctrl+C (⌘C) to copy.");
    }
  }

  kind.append(...Object.entries(SNIPPETS).map(([value, { label }]) => make("option", { value }, label)));
  kind.addEventListener("change", refresh);
  find("#copy").addEventListener("click", () => copyText(text.value, "Copied."));
  find("#copy-link").addEventListener("click", () => copyText(location.href, "Copied the link to this page."));
  find("#copy-image").addEventListener("click", copyImage);
  find("#download").addEventListener("click", download);
  find("#download-original").addEventListener("click", downloadOriginal);
  return { refresh, download };
}
