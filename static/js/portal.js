// What pages gain where scripts run. Every page works without this file; features hang on data- attributes.
(() => {
  "use strict";

  const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;

  // The page has it, with the words in its language.
  const announcer = document.getElementById("announcer");
  const WORDS = announcer?.dataset || {};

  function announce(words) {
    if (!announcer) return;
    announcer.textContent = "";
    setTimeout(() => { announcer.textContent = words; }, 50);
  }

  // A button says for a moment what it did, then its own word again.
  function say(button, words) {
    const label = button.querySelector("[data-label]") || button;
    label.dataset.words ??= label.textContent;
    label.textContent = words;
    announce(words);
    clearTimeout(label.timer);
    label.timer = setTimeout(() => { label.textContent = label.dataset.words; }, 1800);
  }

  function showWhatNeedsScript(root) {
    for (const element of root.querySelectorAll("[data-needs-script]")) element.hidden = false;
  }

  // Copy

  async function copy(text, button) {
    try {
      await navigator.clipboard.writeText(text);
      say(button, WORDS.copied);
    } catch {
      say(button, copyByHand(text, button) ? WORDS.copied : WORDS.notCopied);
    }
  }

  // Where the clipboard is closed to pages, as on plain HTTP.
  function copyByHand(text, button) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    button.focus();
    return copied;
  }

  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-copy-from]");
    if (button) copy(document.getElementById(button.dataset.copyFrom).textContent.trim(), button);
  });

  // Secret fields: Show, Copy, Regenerate

  const CLASSES = [/[0-9]/, /[A-Z]/, /[a-z]/, /[^0-9A-Za-z]/];
  const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

  function randomBelow(limit) {
    const box = new Uint32Array(1);
    const fair = Math.floor(2 ** 32 / limit) * limit;
    do crypto.getRandomValues(box); while (box[0] >= fair);
    return box[0] % limit;
  }

  function newSecret(input) {
    const alphabet = input.dataset.alphabet || ALPHABET;
    const length = Number(input.dataset.length) || 20;
    const wanted = input.dataset.classes === "1" ? CLASSES.filter((one) => one.test(alphabet)) : [];
    let secret;
    do {
      secret = Array.from({ length }, () => alphabet[randomBelow(alphabet.length)]).join("");
    } while (!wanted.every((one) => one.test(secret)) || /(.)\1\1\1/.test(secret) || hasRun(secret));
    return secret;
  }

  // Four digits that count up or down.
  function hasRun(secret) {
    return [1, -1].some((step) => Array.from(secret).some((_, start) => {
      const four = secret.slice(start, start + 4);
      return /^[0-9]{4}$/.test(four) && [1, 2, 3].every((at) => four[at] - four[at - 1] === step);
    }));
  }

  function showSecret(button, input, shown) {
    input.type = shown ? "text" : "password";
    button.querySelector("[data-label]").textContent = shown ? WORDS.hide : WORDS.show;
  }

  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-secret-show], [data-secret-copy], [data-secret-generate]");
    if (!button) return;
    const box = button.closest("[data-secret-box]");
    const input = box.querySelector("input");
    if (button.matches("[data-secret-show]")) {
      showSecret(button, input, input.type === "password");
    } else if (button.matches("[data-secret-copy]")) {
      if (input.value) copy(input.value, button); else say(button, WORDS.empty);
    } else {
      input.value = newSecret(input);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      say(button, WORDS.regenerated);
    }
  });

  // A revealed secret goes away again.
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-hide]");
    if (!button) return;
    const holder = button.closest("[data-revealed]").parentElement;
    holder.replaceChildren();
    document.querySelector("[data-reveal]")?.focus();
  });

  // Forms: what is unsaved, Ctrl+Enter, sent once

  const shapeOf = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken"));
  let leaving = false;

  function guard(form) {
    const before = form.dataset.guard === "dirty" ? null : shapeOf(form);
    addEventListener("beforeunload", (event) => {
      if (!leaving && shapeOf(form) !== before) event.preventDefault();
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = closest(event, "form[data-shortcut]") || document.querySelector("form[data-shortcut]");
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
    if (form.matches("[data-guard]")) leaving = true;
    for (const button of form.querySelectorAll("[data-secret-show]")) {
      showSecret(button, button.closest("[data-secret-box]").querySelector("input"), false);
    }
    setTimeout(() => {                   // after the browser has read which button was pressed
      for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
      const pressed = event.submitter;
      if (pressed?.dataset.busy) {
        pressed.dataset.idle = pressed.innerHTML;
        pressed.textContent = pressed.dataset.busy;
        announce(pressed.dataset.busy);
      }
    });
  });

  // Back from the browser's cache: the form can be sent again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    leaving = false;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button:disabled")) {
        button.disabled = false;
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

  // Enter in a search inside of a form finds; it does not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && closest(event, "[data-find]")) event.preventDefault();
  });

  // Of a long list of choices, the chosen one is in sight.
  function showChosen(box) {
    const label = box.querySelector("input:checked")?.closest("label");
    if (label) box.scrollTop = label.offsetTop - box.offsetTop - box.clientHeight / 2;
  }

  // A choice of rows: the button says how many, and one box stands for all.
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
    const form = closest(event, "form[data-choice]");
    if (!form) return;
    if (event.target.matches("[data-choose-all]")) {
      for (const box of form.querySelectorAll("input[name=n]")) box.checked = event.target.checked;
    }
    countChosen(form);
  });

  // Who fills in what belongs to a choice has chosen it.
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const holder = closest(event, "[data-chooses]");
      if (holder && event.target.value) document.getElementById(holder.dataset.chooses).checked = true;
    });
  }

  // Menus and keys

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
  }

  document.addEventListener("toggle", (event) => {
    const menu = closest(event, "details[data-menu]");
    if (!menu?.open) return;
    closeMenus(menu);
    const panel = menu.querySelector(".menu-panel");
    menu.classList.remove("opens-up");
    const box = panel.getBoundingClientRect();
    menu.classList.toggle("opens-up", box.bottom > innerHeight && menu.getBoundingClientRect().top > box.height + 60);
  }, true);

  document.addEventListener("click", (event) => closeMenus(closest(event, "details[data-menu]")));

  document.addEventListener("focusin", (event) => closeMenus(closest(event, "details[data-menu]")));

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details[data-menu][open]");
      if (menu) {
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
        menu.open = false;
      }
      for (const tip of document.querySelectorAll(".tip:hover, .tip:focus-within")) tip.classList.add("is-closed");
    }
    const typing = closest(event, "input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = document.querySelector("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  for (const name of ["pointerout", "focusout"]) {
    document.addEventListener(name, (event) => closest(event, ".tip")?.classList.remove("is-closed"));
  }

  // The whole row opens what its first link opens.
  function openRow(event) {
    const row = closest(event, "tr[data-row]");
    if (!row || event.button > 1 || closest(event, "a, button, summary, details, input, label") || String(getSelection())) return;
    const link = row.querySelector("[data-row-link]");
    if (event.ctrlKey || event.metaKey || event.button === 1) open(link.href, "_blank", "noopener"); else link.click();
  }
  document.addEventListener("click", openRow);
  document.addEventListener("auxclick", openRow);

  // Success goes away by itself, unless someone is reading it.
  function fade(message) {
    const go = () => {
      if (message.matches(":hover, :focus-within")) return setTimeout(go, 2000);
      message.classList.add("is-leaving");
      setTimeout(() => message.remove(), 200);
    };
    setTimeout(go, 6000);
  }

  // htmx: polls rest while nobody looks, swap only what changed, and never swap in a sign-in page

  const lastAnswers = new Map();
  const isPoll = (event) => event.detail.elt?.matches?.("[data-poll]");

  // What nobody asked for keeps no session alive.
  document.addEventListener("htmx:configRequest", (event) => {
    if (isPoll(event)) event.detail.headers["X-Background"] = "yes";
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event) && (signedOut || document.hidden || document.querySelector("form[data-sent]"))) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, pathInfo } = event.detail;
    const answered = xhr.responseURL ? new URL(xhr.responseURL).pathname : null;
    const asked = new URL(pathInfo.requestPath, location.href).pathname;
    if (answered && answered !== asked) {            // signed out meanwhile
      event.detail.shouldSwap = false;
      if (!isPoll(event)) { leaving = true; location.assign(location.href); }
    } else if (isPoll(event)) {
      const answer = xhr.responseText.replace(/(csrfmiddlewaretoken" value=")[^"]*/g, "$1");   // masked anew each time
      if (lastAnswers.get(asked) === answer) event.detail.shouldSwap = false;
      lastAnswers.set(asked, answer);
    }
  });

  // The session has ended: nothing stays on the screen for who passes by, unless it was typed and is not saved.
  let signedOut = false;
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (signedOut || !event.detail.xhr.getResponseHeader("X-Signed-Out") || document.querySelector("form[data-guard]")) return;
    signedOut = true;                                // once: the next page says why
    location.reload();
  });

  // Failed answers to what a person asked for are told; a poll tries again anyway.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (isPoll(event) || !event.detail.elt?.matches?.("[data-reveal]")) return;
      say(event.detail.elt, WORDS.noAnswer);
    });
  }

  let announced = null;
  document.addEventListener("htmx:load", (event) => {
    showWhatNeedsScript(event.detail.elt.parentElement || event.detail.elt);
    const words = document.querySelector("[data-announce] .tip-words")?.textContent.trim();
    if (announced !== null && words && words !== announced) announce(words);
    if (words) announced = words;
  });

  // On load

  document.documentElement.classList.add("has-script");
  showWhatNeedsScript(document);
  document.querySelectorAll("form[data-guard]").forEach(guard);
  document.querySelectorAll("form[data-choice]").forEach(countChosen);
  document.querySelectorAll("[data-placeholder-from]").forEach(followPlaceholder);
  document.querySelectorAll(".tree-box").forEach(showChosen);
  document.querySelectorAll("[data-fade]").forEach(fade);
  document.querySelector("[data-error-summary]")?.focus();
})();
