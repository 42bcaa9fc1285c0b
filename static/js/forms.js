// Forms: what is unsaved, Enter and Ctrl+Enter, sent once.
(() => {
  "use strict";

  const LONG = 2000;                     // milliseconds: an apply takes a tenth of a second, if no other runs
  const unsaved = [];                    // of each form that is guarded, whether it is changed

  const shapeOf = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));

  function guard(form) {
    const before = form.dataset.guard === "dirty" ? null : shapeOf(form);
    const isChanged = () => shapeOf(form) !== before;
    unsaved.push(isChanged);
    addEventListener("beforeunload", (event) => {
      if (!page.leaving && isChanged()) event.preventDefault();
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

  // Enter saves from the last field alone: in any other, the person is still typing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    const form = page.closest(event, "form[data-shortcut]");
    if (!form || event.target !== [...form.querySelectorAll("input.form-control, input.textinput")].at(-1)) return;
    const button = form.querySelector("button[name=then][value=save]");
    if (!button || button.disabled) return;
    event.preventDefault();
    form.requestSubmit(button);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    if (form.dataset.sent) return event.preventDefault();
    // Asked by the browser afterwards, nobody is told whether the person stays.
    if (!page.leaving && !form.matches("[data-guard]") && unsaved.some((isChanged) => isChanged())) {
      if (!confirm(page.words.leave)) return event.preventDefault();
      page.leaving = true;
    }
    form.dataset.sent = "yes";
    const keeps = form.matches("[data-keep]");
    if (keeps) event.preventDefault();
    else if (form.matches("[data-guard]")) page.leaving = true;
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
      if (keeps) sendIfReachable(form, pressed);
    });
  });

  // Without a network, a browser would show a page of its own in place of the form.
  async function sendIfReachable(form, pressed) {
    page.tell("");
    try {
      await fetch(form.dataset.keep, { cache: "no-store", headers: { "X-Background": "yes" }, signal: AbortSignal.timeout(30_000) });
    } catch {
      free(form);
      return page.tell("offline");
    }
    const button = Object.assign(document.createElement("input"), { type: "hidden", name: pressed?.name, value: pressed?.value });
    form.append(button);
    page.leaving = true;
    form.submit();
    button.remove();
  }

  function free(form) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button:disabled:not([data-on-enter])")) {
      button.disabled = false;
      clearTimeout(button.waiting);
      if (button.dataset.idle) button.innerHTML = button.dataset.idle;
    }
  }

  // Back from the browser's cache: the form can be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    page.leaving = false;
    document.querySelectorAll("form[data-sent]").forEach(free);
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
