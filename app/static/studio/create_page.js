// Starts the page that generates images.

import { openFromAddress } from "./detail.js";
import { restart } from "./gallery.js";
import "./generate_form.js";

restart();
openFromAddress();
