// Polls rest while nobody looks, swap only what changed, and never swap in a sign-in page.
(() => {
  "use strict";

  const lastAnswers = new Map();
  const isTypedInto = () => document.querySelector("form[data-keep]");
  // A recording that is being heard is not taken away.
  const plays = (poll) => [...poll.querySelectorAll("audio")].some((audio) => !audio.paused);
  const isPoll = (event) => event.detail.elt?.matches?.("[data-poll]");

  // What nobody asked for keeps no session alive.
  document.addEventListener("htmx:configRequest", (event) => {
    if (isPoll(event)) event.detail.headers["X-Background"] = "yes";
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event) && plays(event.detail.elt)) event.preventDefault();
    if (isPoll(event) && (signedOut || document.hidden || document.querySelector("form[data-sent]"))) event.preventDefault();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, pathInfo } = event.detail;
    const answered = xhr.responseURL ? new URL(xhr.responseURL).pathname : null;
    const asked = new URL(pathInfo.requestPath, location.href).pathname;
    if (answered && answered !== asked) {            // signed out meanwhile
      event.detail.shouldSwap = false;
      if (isPoll(event) || isTypedInto()) return page.tell?.("ended");
      page.leaving = true;
      location.assign(location.href);
    } else if (isPoll(event)) {
      const answer = xhr.responseText.replace(/(csrfmiddlewaretoken" value=")[^"]*/g, "$1");   // masked anew each time
      if (lastAnswers.get(asked) === answer) event.detail.shouldSwap = false;
      lastAnswers.set(asked, answer);
    }
  });

  // What was opened in a part stays open when it is swapped, the focus stays in it, and a recording goes on from where it was.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
    kept = {
      part: target.id,
      open: [...target.querySelectorAll("details[id][open]")].map((each) => each.id),
      heard: [...target.querySelectorAll("audio[id]")].map(({ id, currentTime, paused }) => ({ id, currentTime, paused })),
      focus: target.contains(document.activeElement) ? document.activeElement.id || target.id : null,
    };
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    for (const id of kept.open) document.getElementById(id)?.setAttribute("open", "");
    for (const { id, currentTime, paused } of kept.heard) {
      const audio = document.getElementById(id);
      if (audio && currentTime) audio.currentTime = currentTime;
      if (audio && !paused) audio.play().catch(() => {});
    }
    if (kept.focus && document.activeElement === document.body)
      (document.getElementById(kept.focus) || document.getElementById(kept.part))?.focus({ preventScroll: true });
    kept = null;
  });

  // The session has ended: nothing stays on the screen for who passes by, unless it was typed and is not saved.
  let signedOut = false;
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (isTypedInto() && event.detail.xhr.getResponseHeader("HX-Redirect")?.startsWith("/sign-in/?")) {
      event.preventDefault();
      return page.tell?.("ended");
    }
    if (signedOut || !event.detail.xhr.getResponseHeader("X-Signed-Out")) return;
    if (document.querySelector("form[data-guard]")) return page.tell?.("ended");
    signedOut = true;                                // once: the next page says why
    location.reload();
  });

  let announced = null;
  document.addEventListener("htmx:load", () => {
    const words = document.querySelector("[data-announce] .tip-words")?.textContent.trim();
    if (announced !== null && words && words !== announced) page.announce(words);
    if (words) announced = words;
  });
})();
