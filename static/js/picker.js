// The choice among departments: its search, and the chosen one in sight.
(() => {
  "use strict";

  // Enter in a search inside of a form finds; it does not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && page.closest(event, "[data-find]")) event.preventDefault();
  });

  // Of a long list of choices, the chosen one is in sight.
  function showChosen(box) {
    const label = box.querySelector("input:checked")?.closest("label");
    if (label) box.scrollTop = label.offsetTop - box.offsetTop - box.clientHeight / 2;
  }

  document.querySelectorAll(".tree-box").forEach(showChosen);
})();
