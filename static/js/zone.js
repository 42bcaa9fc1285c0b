// The browser's own time zone is proposed, where it is one of the list. UTC is that of a computer where nobody has
// chosen one: then the country's is taken.
(() => {
  "use strict";

  const zones = document.querySelector("[data-browser-zone]");
  const input = document.querySelector(`[list="${zones.id}"]`);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!input.value && timeZone !== "UTC" && [...zones.options].some((each) => each.value === timeZone)) {
    input.value = timeZone;
  }
})();
