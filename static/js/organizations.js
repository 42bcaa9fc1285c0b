// The tree of departments where scripts run: arrow keys walk it, branches fold, and a row dragged onto another one moves.
(() => {
  "use strict";

  const MANY = 100;
  const LEVELS_OPEN = 2;
  const ICON = document.querySelector("use[href*='icons']")?.getAttribute("href").split("#")[0];

  const tree = () => document.querySelector("[data-tree]");
  const rows = () => [...tree().children];
  const levelOf = (row) => Number(row.dataset.level);
  const linkOf = (row) => row.querySelector("a");
  const keyOf = (row) => linkOf(row).id.slice(1);
  const isFolded = (row) => row.classList.contains("is-folded");
  const rowOf = (event) => event.target instanceof Element ? event.target.closest("[data-tree] > li") : null;

  function branchOf(row) {
    const found = [];
    for (let next = row.nextElementSibling; next && levelOf(next) > levelOf(row); next = next.nextElementSibling) found.push(next);
    return found;
  }

  function parentOf(row) {
    let above = row.previousElementSibling;
    while (above && levelOf(above) >= levelOf(row)) above = above.previousElementSibling;
    return above;
  }

  const hasBranch = (row) => row.nextElementSibling !== null && levelOf(row.nextElementSibling) > levelOf(row);

  // Folding

  function showAll() {
    let hiddenBelow = Infinity;
    for (const row of rows()) {
      row.hidden = levelOf(row) > hiddenBelow;
      if (row.hidden) continue;
      hiddenBelow = isFolded(row) ? levelOf(row) : Infinity;
    }
  }

  function setFolded(row, folded) {
    row.classList.toggle("is-folded", folded);
    linkOf(row).setAttribute("aria-expanded", String(!folded));
  }

  function fold(row, folded) {
    setFolded(row, folded);
    showAll();
    if (tree().querySelector('a[tabindex="0"]').closest("li").hidden) focus(row);   // or no key would reach the tree
  }

  function unfoldTo(row) {
    for (let above = parentOf(row); above; above = parentOf(above)) setFolded(above, false);
  }

  // Walking

  function focus(row) {
    for (const link of tree().querySelectorAll('a[tabindex="0"]')) link.tabIndex = -1;
    linkOf(row).tabIndex = 0;
    linkOf(row).focus();
  }

  function walk(event, row) {
    const shown = rows().filter((each) => !each.hidden);
    const at = shown.indexOf(row);
    switch (event.key) {
      case "ArrowDown": return shown[at + 1];
      case "ArrowUp": return shown[at - 1];
      case "Home": return shown[0];
      case "End": return shown.at(-1);
      case "ArrowRight":
        if (hasBranch(row) && isFolded(row)) fold(row, false);
        else if (hasBranch(row)) return row.nextElementSibling;
        return row;
      case "ArrowLeft":
        if (hasBranch(row) && !isFolded(row)) fold(row, true);
        else return parentOf(row);
        return row;
      default: {
        if (event.key.length !== 1 || event.key === " ") return undefined;
        const next = [...shown.slice(at + 1), ...shown.slice(0, at + 1)];
        return next.find((each) => linkOf(each).textContent.toLowerCase().startsWith(event.key.toLowerCase()));
      }
    }
  }

  document.addEventListener("keydown", (event) => {
    const row = rowOf(event);
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      return linkOf(row).click();
    }
    const next = walk(event, row);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    focus(next);
  });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest(".fold")) return;
    const row = rowOf(event);
    fold(row, !isFolded(row));
  });

  // Moving by mouse

  let dragged = null;
  let target = null;

  function aim(row) {
    if (target) linkOf(target).classList.remove("is-target");
    target = row;
    if (target) linkOf(target).classList.add("is-target");
  }

  const takes = (row) => row && dragged && row !== dragged && row !== parentOf(dragged) && !branchOf(dragged).includes(row);

  document.addEventListener("dragstart", (event) => {
    const row = rowOf(event);
    if (!row) return;
    if (!("movable" in tree().dataset) || levelOf(row) === 1) return event.preventDefault();
    dragged = row;
    event.dataTransfer.effectAllowed = "move";
    row.classList.add("is-dragged");
  });

  document.addEventListener("dragover", (event) => {
    const row = rowOf(event);
    aim(takes(row) ? row : null);
    if (!target) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });

  document.addEventListener("drop", (event) => {
    if (!target) return;
    event.preventDefault();
    const form = document.getElementById("move-form");
    form.action = `${tree().dataset.tree}${keyOf(dragged)}/move/`;
    form.elements.parent.value = keyOf(target);
    form.requestSubmit();
  });

  document.addEventListener("dragend", () => {
    aim(null);
    dragged?.classList.remove("is-dragged");
    dragged = null;
  });

  // On load, and when a search has brought another tree

  function foldMark(row) {
    const mark = document.createElement("span");
    mark.className = "fold";
    mark.setAttribute("aria-hidden", "true");
    mark.innerHTML = `<svg class="icon"><use href="${ICON}#chevron-down"></use></svg>`;
    row.append(mark);
  }

  // The address is that of what is shown.
  function noteSearch() {
    const words = document.getElementById("find-department")?.value.trim();
    if (words !== undefined) history.replaceState(null, "", location.pathname + (words ? `?${new URLSearchParams({ q: words })}` : ""));
  }

  function begin(event) {
    if (event) noteSearch();
    const list = tree();
    if (!list || list.getAttribute("role")) return;
    list.setAttribute("role", "tree");
    const all = rows();
    const many = all.length > MANY && !("found" in list.dataset);
    for (const row of all) {
      const link = linkOf(row);
      row.removeAttribute("aria-level");
      row.setAttribute("role", "none");
      link.setAttribute("role", "treeitem");
      link.setAttribute("aria-level", row.dataset.level);
      link.tabIndex = -1;
      if (!hasBranch(row)) continue;
      foldMark(row);
      setFolded(row, many && levelOf(row) >= LEVELS_OPEN);
    }
    const meant = all.find((row) => `#${linkOf(row).id}` === location.hash);
    const first = meant || all[0];
    unfoldTo(first);
    showAll();
    linkOf(first).tabIndex = 0;
    if (meant && !event) focus(meant);
  }

  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt.id === "tree") begin(event);
  });
  begin();
})();
