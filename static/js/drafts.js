// What is typed into a form and not saved comes back after the next sign-in: in this tab, to the same person, without secrets.
(() => {
  "use strict";

  const KEY = "draft", MOST = 100_000;     // characters
  const NEVER = ["hidden", "password", "file", "submit", "button"];
  const { person } = document.body.dataset;
  const path = location.pathname + location.search;
  const form = document.querySelector("form[data-keep]");

  const isSecret = (field) => field.type === "password" || field.closest("[data-secret-box]");
  const fieldsOf = (form) => [...form.elements].filter((each) => each.name && !NEVER.includes(each.type) && !isSecret(each));
  const isTicked = (field) => ["checkbox", "radio"].includes(field.type);
  const drop = () => sessionStorage.removeItem(KEY);

  function kept() {
    try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; }
  }

  function values() {
    const found = {};
    for (const field of fieldsOf(form)) {
      found[field.name] ??= [];
      if (!isTicked(field) || field.checked) found[field.name].push(field.value);
    }
    return found;
  }

  let draft = kept();
  if (draft && (draft.person !== person || draft.path !== path)) draft = drop();
  document.addEventListener("submit", (event) => { if (event.target.getAttribute("action")?.endsWith("/sign-out/")) drop(); });
  if (!form) return;

  const shown = values();

  function keep() {
    const now = values();
    const names = Object.keys(now).filter((name) => draft?.fields[name] || String(now[name]) !== String(shown[name]));
    const secrets = [...form.querySelectorAll("[data-secret-box] input")].filter((each) => each.value !== each.defaultValue);
    const text = JSON.stringify({
      person, path,
      fields: Object.fromEntries(names.map((name) => [name, now[name]])),
      secrets: [...new Set([...(draft?.secrets || []), ...secrets.map((each) => each.name)])],
      version: form.elements.version?.value, token: form.elements.form_token?.value,
    });
    if (text.length <= MOST) sessionStorage.setItem(KEY, text);
  }

  function giveBack() {
    for (const field of fieldsOf(form)) {
      const typed = draft.fields[field.name];
      if (!typed) continue;
      if (isTicked(field)) field.checked = typed.includes(field.value); else field.value = typed[0];
    }
    // Whoever saved meanwhile is not saved over; what had arrived is not added twice.
    if (draft.version) form.elements.version.value = draft.version;
    if (draft.token) form.elements.form_token.value = draft.token;
    form.dataset.guard = "dirty";
    const notice = document.querySelector("[data-draft]"), again = notice.querySelector("[data-draft-secrets]");
    const labels = draft.secrets.map((name) => form.querySelector(`label[for="id_${name}"]`)?.firstChild.textContent.trim());
    again.querySelector("span").textContent = labels.filter(Boolean).join(", ");
    again.hidden = !labels.length;
    notice.hidden = false;
  }

  if (draft && form.dataset.guard !== "dirty") giveBack();
  for (const kind of ["input", "change"]) form.addEventListener(kind, keep);
})();
