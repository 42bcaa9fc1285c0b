// The form of a role: what one box says of another. The server checks all of it again.
(() => {
  "use strict";

  const form = document.querySelector("form[data-role]");
  if (!form) return;
  const byOrganization = form.querySelector("input[name=reach][value=organizations]");

  function follow() {
    const few = Boolean(byOrganization?.checked);
    for (const row of form.querySelectorAll(".matrix tbody tr")) {
      const closed = few && "wholeSystem" in row.dataset;
      const [view, manage] = ["[data-view]", "[data-manage]"].map((name) => row.querySelector(name));
      for (const box of [view, manage]) {
        if (!box) continue;
        if (closed && !box.disabled) box.dataset.was = box.checked ? "yes" : "";
        if (closed) box.checked = false;
        else if (box.dataset.was) box.checked = true;
        if (!closed) delete box.dataset.was;
        box.disabled = closed;
      }
      if (!view || !manage || closed) continue;
      if (manage.checked) view.checked = true;
      view.disabled = manage.checked;
    }
  }

  form.addEventListener("change", follow);
  addEventListener("pageshow", follow);
  follow();
})();
