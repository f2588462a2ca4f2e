// Saving a cutout: a new image from the same original, at no cost.

import { call, postOptions } from "../api.js";
import { find } from "../dom.js";
import { errorMessage } from "../messages.js";
import { urlOf } from "../server.js";
import { pageQuery } from "./edits.js";

/** Set up the buttons; `current` returns `{image, edits}`. */
export function setUpSaving({ current, brush, say }) {
  const section = find("#save-cutout");

  async function body(replace) {
    const { image, edits } = current();
    const { mask: _, ...stored } = image.cutout_options; // says only whether there is one
    const mask = await brush.mask();
    return {
      ...stored,
      ...(edits.has("holes") && { holes: edits.get("holes") }),
      ...(edits.has("cutout_shadow") && { shadow: edits.get("cutout_shadow") }),
      ...(mask && { mask }),
      replace,
    };
  }

  async function save(replace) {
    const buttons = section.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    say("Saving …");
    try {
      const made = await call(`images/${current().image.filename}/cutouts`, postOptions(await body(replace)));
      const id = made.filename.replace(/\.png$/, "");
      brush.keepFor(id);
      const edits = new URLSearchParams(current().edits);
      for (const name of ["holes", "cutout_shadow"]) edits.delete(name);
      const query = pageQuery(edits);
      location.assign(urlOf(`p/${id}${query && `?${query}`}`));
    } catch (error) {
      say(errorMessage(error), "error");
      for (const button of buttons) button.disabled = false;
    }
  }

  find("#replace-cutout").addEventListener("click", () => save(true));
  find("#new-cutout").addEventListener("click", () => save(false));
  return {
    refresh() {
      const { edits } = current();
      section.hidden = !(edits.has("holes") || edits.has("cutout_shadow") || brush.isChanged());
    },
  };
}
