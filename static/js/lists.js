// Lists: the whole row opens what its first link opens.
(() => {
  "use strict";

  function openRow(event) {
    const row = page.closest(event, "tr[data-row]");
    if (!row || event.button > 1 || String(getSelection())) return;
    if (page.closest(event, "a, button, summary, details, input, label")) return;
    const link = row.querySelector("[data-row-link]");
    if (event.ctrlKey || event.metaKey || event.button === 1) open(link.href, "_blank", "noopener"); else link.click();
  }
  document.addEventListener("click", openRow);
  document.addEventListener("auxclick", openRow);
})();
