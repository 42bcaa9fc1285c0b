// Menus, details on hover, and the key of the search.
(() => {
  "use strict";

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
  }

  document.addEventListener("toggle", (event) => {
    const menu = page.closest(event, "details[data-menu]");
    if (!menu?.open) return;
    closeMenus(menu);
    const panel = menu.querySelector(".menu-panel");
    menu.classList.remove("opens-up");
    const box = panel.getBoundingClientRect();
    menu.classList.toggle("opens-up", box.bottom > innerHeight && menu.getBoundingClientRect().top > box.height + 60);
  }, true);

  document.addEventListener("click", (event) => closeMenus(page.closest(event, "details[data-menu]")));

  document.addEventListener("focusin", (event) => closeMenus(page.closest(event, "details[data-menu]")));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details[data-menu][open]");
      if (menu) {
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
        menu.open = false;
      }
      for (const tip of document.querySelectorAll(".tip:hover, .tip:focus-within")) tip.classList.add("is-closed");
    }
    const typing = page.closest(event, "input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  for (const name of ["pointerout", "focusout"]) {
    document.addEventListener(name, (event) => page.closest(event, ".tip")?.classList.remove("is-closed"));
  }
})();
