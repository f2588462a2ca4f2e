// Code snippets for the file of a variant.

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const oneLine = (text) => text.replace(/\s+/g, " ").trim();
const MAX_SIDE = 2048;
const FORMATS = { avif: "image/avif", webp: "image/webp" };

/** Return the address with other parameters. */
function altered(url, parameters) {
  const [base, query = ""] = url.split("?");
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(parameters)) changed.set(name, value);
  return `${base}?${String(changed).replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%3B", ";")}`;
}

/** Return the candidates for dense displays; lengths are scaled, so all look the same. */
function srcset({ url, width, height }, parameters = {}) {
  const ratios = [1, 2].filter((ratio) => ratio * Math.max(width, height) <= MAX_SIDE);
  return ratios.map((ratio) => `${altered(url, { ...parameters, w: ratio * width, h: ratio * height })} ${ratio}x`).join(", ");
}

const tag = ({ url, alt, width, height }) => `<img src="${escaped(url)}" width="${width}" height="${height}" alt="${escaped(oneLine(alt))}">`;

export const SNIPPETS = {
  url: { label: "URL", write: ({ url }) => url },
  img: { label: "<img>", write: tag },
  srcset: { label: "<img srcset>", write: (file) => tag(file).replace(" width=", ` srcset="${escaped(srcset(file))}" width=`) },
  picture: { label: "<picture>", write: (file) => `<picture>
${Object.entries(FORMATS).map(([format, type]) => `  <source type="${type}" srcset="${escaped(srcset(file, { format }))}">`).join("\n")}
  ${tag(file)}
</picture>` },
  markdown: { label: "Markdown", write: ({ url, alt }) => `![${oneLine(alt).replace(/[[\]\\]/g, "\\$&")}](${url.replaceAll("(", "%28").replaceAll(")", "%29")})` },
  css: { label: "CSS", write: ({ url, width, height }) => `background: url(${JSON.stringify(url)}) center / contain no-repeat;
aspect-ratio: ${width} / ${height};` },
  react: { label: "React", write: ({ url, alt, width, height }) => `<img src={${JSON.stringify(url)}} width={${width}} height={${height}} alt={${JSON.stringify(oneLine(alt))}} />` },
  next: { label: "Next.js", write: ({ url, alt, width, height }) => `import Image from "next/image";

<Image src={${JSON.stringify(url)}} width={${width}} height={${height}} alt={${JSON.stringify(oneLine(alt))}} />

// next.config.js
images: { remotePatterns: [new URL(${JSON.stringify(`${url.split("/images/")[0]}/images/**`)})] },` },
  curl: { label: "curl", write: ({ url, file }) => `curl -o ${shell(file)} ${shell(url)}` },
  fetch: { label: "fetch", write: ({ url }) => `const response = await fetch(${JSON.stringify(url)});
if (!response.ok) throw new Error((await response.json()).message);
const image = await response.blob();` },
  python: { label: "Python", write: ({ url, file }) => `import requests

response = requests.get(${JSON.stringify(url)}, timeout=60)
response.raise_for_status()
with open(${JSON.stringify(file)}, "wb") as file:
    file.write(response.content)` },
};
