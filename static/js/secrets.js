// Secret fields: Show, Copy, Regenerate; secrets that were revealed.
(() => {
  "use strict";

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
    const wanted = CLASSES.filter((one) => one.test(alphabet));
    let secret;
    do {
      secret = Array.from({ length }, () => alphabet[randomBelow(alphabet.length)]).join("");
    } while (!wanted.every((one) => one.test(secret)) || /(.)\1\1\1|^(.+)\2+$/.test(secret) || hasRun(secret));
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
    button.querySelector("[data-label]").textContent = shown ? page.words.hide : page.words.show;
  }

  document.addEventListener("click", (event) => {
    const button = page.closest(event, "[data-secret-show], [data-secret-copy], [data-secret-generate]");
    if (!button) return;
    const box = button.closest("[data-secret-box]");
    const input = box.querySelector("input");
    if (button.matches("[data-secret-show]")) {
      showSecret(button, input, input.type === "password");
    } else if (button.matches("[data-secret-copy]")) {
      if (input.value) page.copy(input.value, button); else page.say(button, page.words.empty);
    } else {
      input.value = newSecret(input);
      input.dispatchEvent(new Event("input"));
      page.say(button, page.words.regenerated);
    }
  });

  // Sent hidden again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("[data-once]")) return;
    for (const button of form.querySelectorAll("[data-secret-show]")) {
      showSecret(button, button.closest("[data-secret-box]").querySelector("input"), false);
    }
  });

  // A revealed secret goes away again.
  document.addEventListener("click", (event) => {
    const button = page.closest(event, "[data-hide]");
    if (!button) return;
    const holder = button.closest("[data-revealed]").parentElement;
    holder.replaceChildren();
    document.querySelector("[data-reveal]")?.focus();
  });

  // A failed answer to who asked for a secret is told.
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!event.detail.elt?.matches?.("[data-reveal]")) return;
      page.say(event.detail.elt, page.words.noAnswer);
    });
  }
})();
