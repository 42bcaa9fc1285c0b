// The form of who leaves: who fills in what belongs to a choice has chosen it.
(() => {
  "use strict";

  for (const name of ["input", "change", "typed"]) {
    document.addEventListener(name, (event) => {
      const holder = page.closest(event, "[data-chooses]");
      if (holder && event.target.value) document.getElementById(holder.dataset.chooses).checked = true;
    });
  }
})();
