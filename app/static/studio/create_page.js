// Starts the page that generates images.

import { restart } from "./gallery.js";
import { followOldLink } from "./old_links.js";
import "./generate_form.js";

restart();
followOldLink();
