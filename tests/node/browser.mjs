// Unpacks the browser of the tests, with the libraries and fonts that a bare machine lacks, into
// the folder that TMPDIR names: the package was made for functions that run in the cloud.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { inflate } from "@sparticuz/chromium";

const packed = join(import.meta.dirname, "node_modules/@sparticuz/chromium/bin");
for (const file of await readdir(packed)) await inflate(join(packed, file));
