// Named styles. Each only adds words to the prompt, where they are seen and can be changed.

const buttons = [...document.querySelectorAll("#styles button")];

const ending = (button) => `, ${button.dataset.words}`;

/** Return the prompt without the words of any style. */
const plain = (prompt) => buttons.reduce((text, button) => text.replace(ending(button), ""), prompt);

/** Let the buttons change the prompt in `field`; `onChange` is called after they have. */
export function addStyles(field, onChange) {
  const isChosen = (button) => field.value.includes(button.dataset.words);
  const show = () => {
    for (const button of buttons) button.setAttribute("aria-pressed", isChosen(button));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const subject = plain(field.value).trimEnd();
      field.value = isChosen(button) ? subject : (subject || field.placeholder) + ending(button);
      show();
      onChange();
    });
  }
  field.addEventListener("input", show);
  show();
}
