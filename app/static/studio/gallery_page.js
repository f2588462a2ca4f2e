// Starts the page of all images.

import { openFromAddress } from "./detail.js";
import { restart } from "./gallery.js";

restart();
openFromAddress();
