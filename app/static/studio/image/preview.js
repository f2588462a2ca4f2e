// The preview: the file itself, and while the edits change a smaller one of the same look.

import { throttle } from "../dom.js";
import { blobOf, pathOf, setImageBlob } from "../images.js";
import { server, urlOf } from "../server.js";
import { draftQuery, fileQuery, fileSizeOf } from "./edits.js";

const DRAFT_SIDE = 384; // px
const DRAFT_MS = 40; // at least, from one request to the next
const REST_MS = 250; // without a change, before the file itself is requested

export class Preview {
  #filename;
  #img;
  #canvas;
  #onFile;
  #onError;
  #edits = null;
  #timer = 0;
  #loading = new AbortController();
  #isSettled = false; // whether the file of the current edits is shown

  /** `onFile` is called with the blob of each file that is shown, `onError` with each error. */
  constructor({ filename, img, canvas, onFile, onError }) {
    this.#filename = filename;
    this.#img = img;
    this.#canvas = canvas;
    this.#onFile = onFile;
    this.#onError = onError;
  }

  /** Show the edits: a draft as soon as possible, and the file itself when they rest. */
  show(edits, { isFinal = false } = {}) {
    this.#edits = edits;
    this.#isSettled = false;
    const { width, height } = fileSizeOf(edits);
    this.#canvas.style.setProperty("--w", width);
    this.#canvas.style.setProperty("--h", height);
    this.#loading.abort();
    clearTimeout(this.#timer);
    if (!isFinal && draftQuery(edits, DRAFT_SIDE)) {
      this.#draft();
      this.#timer = setTimeout(() => this.#load(), REST_MS);
    } else if (isFinal) {
      this.#loadAfterFirst(edits);
    } else {
      this.#small();
    }
  }

  // One at a time: the newest edits are next, and older answers never come after newer ones.
  #draft = throttle(DRAFT_MS, async () => {
    const query = draftQuery(this.#edits, DRAFT_SIDE);
    if (this.#isSettled || query === null) return;
    try {
      const blob = await blobOf(pathOf({ filename: this.#filename }, query));
      if (!this.#isSettled) this.#put((img) => setImageBlob(img, blob));
    } catch (error) {
      this.#onError(error);
    }
  });

  /** Load the file after the page's own image, whose bytes come first. */
  async #loadAfterFirst(edits) {
    if (this.#img.hasAttribute("src")) await this.#img.decode().catch(() => {}); // the file says what is wrong
    if (this.#edits === edits) await this.#load();
  }

  #small = throttle(DRAFT_MS, () => this.#load());

  async #load() {
    const loading = new AbortController();
    this.#loading = loading;
    const path = pathOf({ filename: this.#filename }, fileQuery(this.#edits));
    try {
      const blob = await blobOf(path, loading.signal);
      if (loading.signal.aborted) return;
      this.#isSettled = true;
      // The address, so that the browser's own "Save image" has the right file. It is cached.
      this.#put((img) => {
        if (server.privateImages) setImageBlob(img, blob);
        else img.src = urlOf(path);
      });
      this.#onFile(blob);
    } catch (error) {
      if (error.name !== "AbortError") this.#onError(error);
    }
  }
  /** Set the image's source, which counts only without the page's own, smaller files. */
  #put(set) {
    this.#img.srcset = ""; // if it is removed, Chromium still scales by the density of the last file
    set(this.#img);
  }
}
