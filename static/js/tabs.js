// Sections of a form as tabs (WAI-ARIA): the open one stands in the address. Without scripts all stand below each other.
(() => {
  "use strict";

  const list = document.querySelector("[data-tabs]");
  if (!list) return;
  const tabs = [...list.querySelectorAll("a")];
  const panelOf = (tab) => document.getElementById(tab.hash.slice(1));

  function open(chosen) {
    for (const tab of tabs) {
      const isOpen = tab === chosen;
      tab.setAttribute("aria-selected", isOpen);
      tab.tabIndex = isOpen ? 0 : -1;
      panelOf(tab).hidden = !isOpen;
    }
  }

  function choose(tab) {
    open(tab);
    history.replaceState(history.state, "", tab.hash);
  }

  // Of the section with that id, or of the one that has the field with that id.
  const tabOf = (hash) => {
    const there = hash && document.getElementById(hash.slice(1));
    return tabs.find((tab) => there && panelOf(tab).contains(there));
  };

  // Without the tab: a browser that comes to one takes the focus away from the summary of errors.
  list.closest("form").action = location.pathname + location.search;
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", list.dataset.label);
  for (const tab of tabs) {
    const panel = panelOf(tab);
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.querySelector("h2").hidden = true;
  }
  open(tabs.find((tab) => panelOf(tab).matches("[data-has-errors]")) || tabOf(location.hash) || tabs[0]);

  list.addEventListener("click", (event) => {
    const tab = page.closest(event, "a");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(tab);
    tab.focus();
  });

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const at = tabs.indexOf(page.closest(event, "a"));
    const onward = getComputedStyle(list).direction === "rtl" ? -1 : 1;
    const moves = { ArrowRight: at + onward, ArrowLeft: at - onward, Home: 0, End: -1, " ": at };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const tab = tabs.at(moves[event.key] % tabs.length);
    choose(tab);
    tab.focus();
  });

  // A link to a field, as in the summary of errors, opens its tab first; so does an address that somebody changes.
  document.addEventListener("click", (event) => {
    const link = page.closest(event, 'a[href^="#"]');
    const tab = link && !list.contains(link) && tabOf(link.hash);
    if (tab) open(tab);
  });
  addEventListener("hashchange", () => {
    const tab = tabOf(location.hash);
    if (!tab) return;
    open(tab);
    if (location.hash !== tab.hash) document.getElementById(location.hash.slice(1)).focus();
  });
})();
