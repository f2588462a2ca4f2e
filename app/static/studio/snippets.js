// Code snippets for a variant's URL.

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const oneLine = (text) => text.replace(/\s+/g, " ").trim();

export const SNIPPETS = {
  url: { label: "URL", write: ({ url }) => url },
  img: { label: "<img>", write: ({ url, prompt, width, height }) => `<img src="${escaped(url)}" width="${width}" height="${height}" alt="${escaped(oneLine(prompt))}">` },
  markdown: { label: "Markdown", write: ({ url, prompt }) => `![${oneLine(prompt).replace(/[[\]\\]/g, "\\$&")}](${url.replaceAll("(", "%28").replaceAll(")", "%29")})` },
  curl: { label: "curl", write: ({ url, file }) => `curl -o ${file} ${shell(url)}` },
  fetch: { label: "fetch", write: ({ url }) => `const response = await fetch(${JSON.stringify(url)});
if (!response.ok) throw new Error((await response.json()).message);
const image = await response.blob();` },
  python: { label: "Python", write: ({ url, file }) => `import requests

response = requests.get(${JSON.stringify(url)}, timeout=60)
response.raise_for_status()
with open("${file}", "wb") as file:
    file.write(response.content)` },
};
