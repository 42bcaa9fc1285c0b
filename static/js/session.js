// The session of an open page: a warning before it ends, and what to do when it has. Also said here: no network.
(() => {
  "use strict";

  const WARNED_BEFORE = 120;           // seconds
  const bar = document.querySelector(".session-bar");
  if (!bar) return;

  // One of them, or none: "".
  page.tell = (what) => {
    for (const each of bar.querySelectorAll("[data-session]")) each.hidden = each.dataset.session !== what;
  };
  const told = () => bar.querySelector("[data-session]:not([hidden])")?.dataset.session || "";

  document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
    const [why, seconds] = (detail.xhr.getResponseHeader("X-Session-Ends") || "").split(" ");
    if (!why) return;
    const ends = Number(seconds) <= WARNED_BEFORE ? why : "";
    if (told() !== ends && (ends || told() !== "offline")) page.tell(ends);
  });

  // Back to where the person was.
  let focused = null;
  document.addEventListener("focusin", (event) => { if (!bar.contains(event.target)) focused = event.target; });
  bar.querySelector("[data-stay]").addEventListener("click", () => focused?.focus());

  bar.querySelector("[data-sign-in]").addEventListener("click", () => {
    page.leaving = true;
    location.reload();
  });
})();
