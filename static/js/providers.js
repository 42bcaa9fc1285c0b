// A trunk's form, filled in with what its provider says.
(() => {
  "use strict";

  const select = document.querySelector("select[data-providers]");
  if (!select) return;
  const templates = JSON.parse(document.getElementById(select.dataset.providers).textContent);
  const helpOfName = document.getElementById("id_username_helptext");
  const usualHelp = select.dataset.usualHelp;

  function fill() {
    const { user_name: help = usualHelp, ...values } = templates[select.value] || {};
    for (const [name, value] of Object.entries(values)) {
      const input = document.getElementById(`id_${name}`);
      if (!input) continue;
      if (input.type === "checkbox") input.checked = value;
      else input.value = value;
    }
    if (helpOfName) helpOfName.textContent = help;
    document.querySelector("input[data-provider]").value = select.value;
  }

  select.addEventListener("change", fill);
  select.form.addEventListener("submit", (event) => {
    event.preventDefault();              // what was typed besides stays
    fill();
  });
})();
