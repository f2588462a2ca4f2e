// Call Vercel's AI SDK: node ai_sdk.mjs CALL BASE_URL PROMPT FILE
// The last line of the output is the image in base64.
import fs from "node:fs";
import { randomUUID } from "node:crypto";
import { createOpenAI } from "@ai-sdk/openai";
import { generateImage } from "ai";

const [call, baseURL, text, file] = process.argv.slice(2);
const model = createOpenAI({ baseURL, apiKey: "none" }).image("gpt-image-1");
const prompt = call === "edit" ? { text, images: [fs.readFileSync(file)] } : text;
const headers = call === "key" ? { "Idempotency-Key": randomUUID() } : {};
const { image } = await generateImage({ model, prompt, headers, size: "512x512" });
console.log(image.base64);
