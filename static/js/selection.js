// Rows that are ticked: how many, a box that stands for all of the page, and one for all that match, on other pages too.
(() => {
  "use strict";

  const boxesOf = (form) => [...form.elements].filter((each) => each.name === "n");

  function count(form) {
    const boxes = boxesOf(form);
    const chosen = boxes.filter((box) => box.checked).length;
    const matching = form.querySelector("[data-chooses-matching]");
    if (matching && chosen < boxes.length) matching.checked = false;
    const count = matching?.checked ? matching.dataset.choosesMatching : chosen;
    for (const place of form.querySelectorAll("[data-count]")) place.textContent = count;
    for (const all of document.querySelectorAll(`[data-chooses-all="${form.id}"]`)) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && !all.checked;
    }
  }

  document.addEventListener("change", ({ target }) => {
    const form = target.dataset?.choosesAll ? document.getElementById(target.dataset.choosesAll) : target.form;
    if (!form?.matches("[data-choosing]")) return;
    if (target.dataset.choosesAll || target.dataset.choosesMatching) {
      for (const box of boxesOf(form)) box.checked = target.checked;
    }
    count(form);
  });

  const countAll = () => document.querySelectorAll("form[data-choosing]").forEach(count);
  addEventListener("pageshow", countAll);          // the browser may bring ticks back
  countAll();
})();
