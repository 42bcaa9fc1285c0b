// What the other scripts share: `page` has the words in the language of the page, and ways to say them.
// Every page works without scripts; what they add hangs on data- attributes.
const page = (() => {
  "use strict";

  const closest = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;

  const announcer = document.getElementById("announcer");
  const words = announcer?.dataset || {};

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

  // Someone types into a search before the scripts have come: nothing would find it until the next key.
  function findWhatWasTyped(root) {
    for (const input of root.querySelectorAll("input[hx-trigger*=typed]")) {
      if (input.value !== input.defaultValue) htmx.trigger(input, "typed");
    }
  }

  // Success goes away by itself, unless someone is reading it.
  function fade(message) {
    const go = () => {
      if (message.matches(":hover, :focus-within")) return setTimeout(go, 2000);
      message.classList.add("is-leaving");
      setTimeout(() => message.remove(), 200);
    };
    setTimeout(go, 6000);
  }

  document.documentElement.classList.add("has-script");
  showWhatNeedsScript(document);
  document.querySelectorAll("[data-fade]").forEach(fade);
  document.querySelector("[data-error-summary]")?.focus();
  document.addEventListener("htmx:load", ({ detail }) => showWhatNeedsScript(detail.elt.parentElement || detail.elt));
  document.addEventListener("htmx:load", ({ detail }) => findWhatWasTyped(detail.elt));

  return { closest, words, announce, say, leaving: false };
})();
