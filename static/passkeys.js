// Passkeys: a form marked data-passkey has the browser ask its authenticator and sends the answer along.
// Without JavaScript, or where the browser has none, the form stays hidden and the code serves.
"use strict";
(() => {
  const known = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  for (const form of known ? document.querySelectorAll("form[data-passkey]") : []) {
    const answer = form.elements.namedItem("credential");
    const refused = form.querySelector("[data-passkey-refused]");
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      refused.hidden = true;
      const options = JSON.parse(form.dataset.passkey);
      try {
        const credential = form.hasAttribute("data-passkey-makes")
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
        answer.value = JSON.stringify(credential.toJSON());
        form.submit();
      } catch {
        refused.hidden = false;
      }
    });
  }
})();
