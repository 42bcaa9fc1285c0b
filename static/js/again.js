// Asks for the page once more, by the browser itself: it still has all that was typed, files and passwords too.
(() => {
  "use strict";

  for (const button of document.querySelectorAll("[data-again]")) {
    button.hidden = false;
    button.addEventListener("click", () => location.reload());
  }
})();
