// Lists: the whole row opens what its first link opens; and the filters of one.
(() => {
  "use strict";

  function openRow(event) {
    const row = page.closest(event, "tr[data-row]");
    if (!row || event.button > 1 || String(getSelection())) return;
    if (page.closest(event, "a, button, summary, details, input, label")) return;
    const link = row.querySelector("[data-row-link]");
    if (event.ctrlKey || event.metaKey || event.button === 1) open(link.href, "_blank", "noopener"); else link.click();
  }
  // An address to share has no word of the filters that are not chosen.
  document.querySelector("form[data-filters]")?.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
    if (!formData.has("organization")) formData.delete("below");
  });

  document.addEventListener("click", openRow);
  document.addEventListener("auxclick", openRow);
})();
