// The start page: asks for a picture, shows it, and lists the ones before.

const form = document.querySelector("#ask");
const status = document.querySelector("#status");
const gallery = document.querySelector("#gallery");
const more = document.querySelector("#more");
const entry = document.querySelector("#entry");
let cursor = null;
let key = ""; // in memory only

async function request(path, options = {}) {
  const sent = key ? { ...options.headers, Authorization: `Bearer ${key}` } : options.headers;
  const response = await fetch(path, { ...options, headers: sent });
  if (response.status === 401) {
    entry.hidden = false;
    throw new Error("This server needs an API key.");
  }
  return response;
}

async function call(path, options) {
  const response = await request(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

function say(text, failed = false) {
  status.textContent = text;
  status.classList.toggle("error", failed);
}

// An <img> sends no key, which a server with PUBLIC_PICTURES=false asks for.
async function showWithKey(picture, path) {
  if (!key) return;
  const response = await request(path);
  if (!response.ok) return;
  const reader = new FileReader();
  reader.onload = () => { picture.src = reader.result; };
  reader.readAsDataURL(await response.blob());
}

function card(image) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  // The path only: the page may have been reached under another name than PUBLIC_URL says.
  link.href = new URL(image.url).pathname;
  const picture = document.createElement("img");
  Object.assign(picture, {
    src: link.href, alt: image.prompt, width: image.width, height: image.height, loading: "lazy",
  });
  picture.addEventListener("error", () => showWithKey(picture, link.href), { once: true });
  link.append(picture);
  const prompt = document.createElement("p");
  prompt.textContent = image.prompt;
  const by = document.createElement("small");
  by.textContent = image.provider === "offline" ? "offline, not AI" : image.model;
  item.append(link, prompt, by);
  return item;
}

async function showOlder() {
  const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await call(`/images?limit=24${after}`);
  gallery.append(...page.images.map(card));
  cursor = page.next_cursor;
  more.hidden = cursor === null;
}

async function attempt(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(event.submitter, async () => {
    say("Drawing … this takes up to two minutes with a real model.");
    const fields = new FormData(form);
    const image = await call("/generate-image", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ prompt: fields.get("prompt"), enhance: fields.has("enhance") }),
    });
    gallery.prepend(card(image));
    say(image.provider === "offline" ? "Done: drawn offline, not by AI." : "Done.");
  });
});

document.querySelector("#surprise").addEventListener("click", (event) =>
  attempt(event.currentTarget, async () => {
    const { prompts } = await call("/generate-prompts?count=1");
    form.prompt.value = prompts[0];
    say("");
  }),
);

document.querySelector("#enter").addEventListener("click", (event) =>
  attempt(event.currentTarget, async () => {
    key = document.querySelector("#key").value.trim();
    gallery.replaceChildren();
    cursor = null;
    await showOlder();
    entry.hidden = true;
    say("");
  }),
);

more.addEventListener("click", () => attempt(more, showOlder));
attempt(more, showOlder);
