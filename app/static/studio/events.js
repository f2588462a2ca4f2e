// Server-sent events from the body of a fetch, because EventSource can't send a POST.

export async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split(/\r?\n\r?\n/);
    buffer = blocks.pop();
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) yield event;
    }
  }
}

function parseEvent(block) {
  const fields = {};
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] = value; // lines without a name are keep-alive comments
  }
  return fields.data ? { name: fields.event, data: JSON.parse(fields.data) } : null;
}
