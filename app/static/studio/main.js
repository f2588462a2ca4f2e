// Starts the studio.

import { openFromAddress } from "./detail.js";
import { find } from "./dom.js";
import { restart } from "./gallery.js";
import { changeKey } from "./key.js";
import "./generate_form.js";

find("#change-key")?.addEventListener("click", changeKey);
restart();
openFromAddress();
