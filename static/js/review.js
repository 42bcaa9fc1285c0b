// The choice among changes that wait.
(() => {
  "use strict";

  // The button says how many, and one box stands for all.
  function countChosen(form) {
    const boxes = [...form.querySelectorAll("input[name=n]")];
    const count = boxes.filter((box) => box.checked).length;
    const button = form.querySelector("[data-chosen]");
    button.textContent = JSON.parse(document.getElementById(button.dataset.chosen).textContent)[count];
    const all = form.querySelector("[data-choose-all]");
    if (!all) return;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && !all.checked;
  }

  document.addEventListener("change", (event) => {
    const form = page.closest(event, "form[data-choice]");
    if (!form) return;
    if (event.target.matches("[data-choose-all]")) {
      for (const box of form.querySelectorAll("input[name=n]")) box.checked = event.target.checked;
    }
    countChosen(form);
  });

  document.querySelectorAll("form[data-choice]").forEach(countChosen);
})();
