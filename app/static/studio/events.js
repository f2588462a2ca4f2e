// Server-sent events from the body of a fetch, because EventSource can't send a POST.
// The stream is read as the standard says: https://html.spec.whatwg.org/#event-stream-interpretation

/**
 * Yield the events of a body, each as `{type, data, id, retry}`.
 *
 * `retry` is the reconnection time in milliseconds, or null. An event that the body ends in is
 * incomplete and left out. Leaving the loop closes the connection.
 */
export async function* eventsOf(body) {
  // The line reader skips the byte order mark: decoders skip two if the first one is split.
  const decoder = new TextDecoderStream("utf-8", { ignoreBOM: true });
  const reader = body.pipeThrough(decoder).getReader();
  const lines = new LineReader();
  const events = new EventReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      for (const line of lines.read(value)) {
        const event = events.read(line);
        if (event) yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // fails if the connection has broken, which is fine here
  }
}

/** Splits chunks of text into lines, which end at CR, LF or CRLF. Each chunk is read once. */
class LineReader {
  #unfinished = []; // the pieces of a line that has not ended
  #atStart = true;
  #afterReturn = false; // whether a line feed would belong to the line end before it

  *read(chunk) {
    if (!chunk) return;
    const skips = this.#atStart ? "\ufeff" : this.#afterReturn ? "\n" : "";
    let start = skips && chunk.startsWith(skips) ? 1 : 0;
    this.#atStart = false;
    this.#afterReturn = chunk.endsWith("\r");
    const ends = /\r\n?|\n/g;
    ends.lastIndex = start;
    for (let end = ends.exec(chunk); end; end = ends.exec(chunk)) {
      this.#unfinished.push(chunk.slice(start, end.index));
      start = ends.lastIndex;
      yield this.#unfinished.splice(0).join("");
    }
    this.#unfinished.push(chunk.slice(start));
  }
}

/** Collects the fields of an event, which an empty line ends. */
class EventReader {
  #type = "";
  #data = [];
  #id = "";
  #retry = null;

  read(line) {
    if (line === "") return this.#finish();
    const colon = line.indexOf(":");
    if (colon < 0) this.#set(line, "");
    else this.#set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ""));
    return null;
  }

  #set(name, value) { // a comment has no name
    if (name === "event") this.#type = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.#retry = Number(value);
  }

  #finish() {
    const data = this.#data.splice(0);
    const type = this.#type || "message";
    this.#type = "";
    return data.length ? { type, data: data.join("\n"), id: this.#id, retry: this.#retry } : null;
  }
}
