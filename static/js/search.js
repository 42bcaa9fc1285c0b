// What the search in the header finds while someone types: arrow keys go through it, Escape closes it.
(() => {
  "use strict";

  const input = document.querySelector("[data-search]");
  const found = document.getElementById("found");
  if (!input || !found) return;

  const links = () => [...found.querySelectorAll("a")];
  const show = (open) => { found.hidden = !open || !input.value.trim() || !found.childElementCount; };

  input.addEventListener("input", () => { if (!input.value.trim()) show(false); });
  input.addEventListener("focus", () => show(true));
  found.addEventListener("htmx:afterSwap", () => show(input.form.contains(document.activeElement)));

  input.form.addEventListener("focusout", ({ relatedTarget }) => {
    if (!input.form.contains(relatedTarget)) show(false);
  });
  found.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays until the click is done

  input.form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      input.focus();
      show(false);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || found.hidden) return;
    event.preventDefault();
    const places = [input, ...links()];
    places[(places.indexOf(document.activeElement) + step + places.length) % places.length].focus();
  });
})();
