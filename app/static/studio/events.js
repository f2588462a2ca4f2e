// Server-sent events out of the body of a fetch, as EventSource can't send a POST.

export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const blocks = held.split(/\r?\n\r?\n/);
    held = blocks.pop();
    for (const block of blocks) {
      const event = read(block);
      if (event) yield event;
    }
  }
}

function read(block) {
  const fields = {};
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] = value; // without a name it is a comment that keeps the line open
  }
  return fields.data ? { name: fields.event, data: JSON.parse(fields.data) } : null;
}
