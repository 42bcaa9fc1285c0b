// Forms: what is unsaved, Ctrl+Enter, sent once.
(() => {
  "use strict";

  const LONG = 2000;                     // milliseconds: an apply takes a tenth of a second, if no other runs

  const shapeOf = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));

  function guard(form) {
    const before = form.dataset.guard === "dirty" ? null : shapeOf(form);
    addEventListener("beforeunload", (event) => {
      if (!page.leaving && shapeOf(form) !== before) event.preventDefault();
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = page.closest(event, "form[data-shortcut]") || document.querySelector("form[data-shortcut]");
    const button = form?.querySelector("button[name=then][value=apply]");
    if (!button || button.disabled) return;
    event.preventDefault();
    form.requestSubmit(button);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    if (form.matches("[data-guard]")) page.leaving = true;
    setTimeout(() => {                   // after the browser has read which button was pressed
      for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
      const pressed = event.submitter;
      if (pressed?.dataset.busy) {
        pressed.dataset.idle = pressed.innerHTML;
        pressed.textContent = pressed.dataset.busy;
        page.announce(pressed.dataset.busy);
        pressed.waiting = setTimeout(() => {
          pressed.textContent = page.words.waiting;
          page.announce(page.words.waiting);
        }, LONG);
      }
    });
  });

  // Back from the browser's cache: the form can be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    page.leaving = false;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button:disabled")) {
        button.disabled = false;
        clearTimeout(button.waiting);
        if (button.dataset.idle) button.innerHTML = button.dataset.idle;
      }
    }
  });

  // An empty field shows what it will be: the value of another one.
  function followPlaceholder(holder) {
    const source = document.getElementById(holder.dataset.placeholderFrom);
    const input = holder.querySelector("input");
    if (!source || !input) return;
    const follow = () => { input.placeholder = source.value; };
    source.addEventListener("input", follow);
    follow();
  }

  document.querySelectorAll("form[data-guard]").forEach(guard);
  document.querySelectorAll("[data-placeholder-from]").forEach(followPlaceholder);
})();
