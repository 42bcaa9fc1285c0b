// The browser's own time zone is proposed, where it is one of the list.
(() => {
  "use strict";

  const zones = document.querySelector("[data-browser-zone]");
  const input = document.querySelector(`[list="${zones.id}"]`);
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (!input.value && [...zones.options].some((each) => each.value === timeZone)) {
    input.value = timeZone;
  }
})();
