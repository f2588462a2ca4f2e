// Call OpenAI's client for Node: node openai_node.mjs CALL BASE_URL PROMPT FILE
// The last line of the output is the image in base64.
import fs from "node:fs";
import OpenAI from "openai";

const [call, baseURL, prompt, file] = process.argv.slice(2);
const images = new OpenAI({ baseURL, apiKey: "none" }).images;
const options = { prompt, model: "gpt-image-1", size: "512x512" };

if (call === "stream") {
  const events = {};
  const stream = await images.generate({ ...options, stream: true, partial_images: 2 });
  for await (const event of stream) events[event.type] = event;
  if (!events["image_generation.partial_image"]) throw new Error("no partial image");
  console.log(events["image_generation.completed"].b64_json);
} else if (call === "edit") {
  const response = await images.edit({ ...options, image: fs.createReadStream(file) });
  console.log(response.data[0].b64_json);
} else {
  console.log((await images.generate(options)).data[0].b64_json);
}
