// Passkeys: what the browser makes or signs is posted by the form. Shown only where the browser can, at the right address.
(() => {
  "use strict";

  const Key = window.PublicKeyCredential;
  const able = Boolean(isSecureContext && Key && Key.parseCreationOptionsFromJSON && Key.parseRequestOptionsFromJSON);
  const fits = (name) => location.hostname === name;

  async function optionsOf(form) {
    if (form.dataset.optionsFrom) return JSON.parse(document.getElementById(form.dataset.optionsFrom).textContent);
    const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  async function made(form) {
    const { publicKey } = (await optionsOf(form)).request_options;
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: Key.parseCreationOptionsFromJSON(publicKey) })
      : navigator.credentials.get({ publicKey: Key.parseRequestOptionsFromJSON(publicKey) });
  }

  function wordsOf(form, error) {
    if (error.name === "InvalidStateError") return form.dataset.wordsKnown;
    return error.name === "NotAllowedError" ? form.dataset.wordsCancelled : form.dataset.wordsFailed;
  }

  async function send(form, button) {
    const trouble = form.querySelector("[data-trouble]");
    button.disabled = true;
    trouble.hidden = true;
    try {
      const credential = await made(form);
      form.querySelector("input[name=credential]").value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      trouble.textContent = wordsOf(form, error);
      trouble.hidden = false;
      button.disabled = false;
      button.focus();
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const works = able && fits(form.dataset.relyingParty);
    for (const each of form.parentElement.querySelectorAll("[data-no-passkey]")) each.hidden = works;
    if (!works) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, event.submitter);
    });
  }
})();
