// The hours of Monday for the other days until Friday.
(() => {
  "use strict";

  const button = document.querySelector("[data-monday-until-friday]");
  if (!button) return;
  const days = ["tuesday", "wednesday", "thursday", "friday"].map((day) => document.getElementById(`id_${day}`));
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const day of days) {
      day.value = document.getElementById("id_monday").value;
      day.dispatchEvent(new Event("input", { bubbles: true }));
    }
    days[0].focus();
  });
})();
