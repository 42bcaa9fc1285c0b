// Copy buttons.
(() => {
  "use strict";

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      page.say(button, page.words.copied);
    } catch {
      page.say(button, copyByHand(text, button) ? page.words.copied : page.words.notCopied);
    }
  }

  // Where the clipboard is closed to pages, as on plain HTTP.
  function copyByHand(text, button) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    button.focus();
    return copied;
  }

  document.addEventListener("click", (event) => {
    const button = page.closest(event, "[data-copy-from]");
    if (button) copy(document.getElementById(button.dataset.copyFrom).textContent.trim(), button);
  });

  page.copy = copy;
})();
