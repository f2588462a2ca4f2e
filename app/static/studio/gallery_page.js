// Starts the page of all images.

import { restart } from "./gallery.js";
import { followOldLink } from "./old_links.js";

followOldLink();
restart();
