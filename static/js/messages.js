// Messages: success goes, an error is where the reader is.
(() => {
  "use strict";

  // Success goes away by itself, unless someone is reading it.
  function fade(message) {
    const go = () => {
      if (message.matches(":hover, :focus-within")) return setTimeout(go, 2000);
      message.classList.add("is-leaving");
      setTimeout(() => message.remove(), 200);
    };
    setTimeout(go, 6000);
  }

  document.querySelectorAll("[data-fade]").forEach(fade);
  document.querySelector("[data-error-summary]")?.focus();
})();
