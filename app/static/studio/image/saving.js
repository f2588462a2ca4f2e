// Saving a cutout: a new image from the same original, at no cost.

import { call, postOptions } from "../api.js";
import { find } from "../dom.js";
import { errorMessage } from "../messages.js";
import { urlOf } from "../server.js";
import { pageQuery } from "./edits.js";

/** Set up the buttons; `current` returns `{image, edits}`. */
export function setUpSaving({ current, brush, say }) {
  const section = find("#save-cutout");

  function body(replace) {
    const { image, edits } = current();
    const { mask: _, ...stored } = image.cutout_options; // the mask itself stays on the server
    return {
      ...stored,
      ...(edits.has("holes") && { holes: edits.get("holes") }),
      ...(edits.has("cutout_shadow") && { shadow: edits.get("cutout_shadow") }),
      ...(brush.isUsed() && { mask: brush.mask() }),
      replace,
    };
  }

  async function save(replace) {
    const buttons = section.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    say("Saving …");
    try {
      const made = await call(`images/${current().image.filename}/cutouts`, postOptions(body(replace)));
      const id = made.filename.replace(/\.png$/, "");
      if (brush.isUsed()) brush.keepFor(id);
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
      const { image, edits } = current();
      section.hidden = !(edits.has("holes") || edits.has("cutout_shadow") || brush.isChanged());
      // The strokes of an earlier mask are known only in the tab that drew them.
      find("#mask-lost").hidden = !image.cutout_options?.mask || brush.isUsed();
    },
  };
}
