// Light, dark or as the system says. Loaded in <head> without defer, so that a chosen theme is there before the first
// paint; with no choice made (or no JavaScript) the style sheet follows the system by itself.
(function () {
  "use strict";
  const KEY = "alliance-hub-theme";
  const ORDER = ["system", "light", "dark"];

  function chosen() {
    try {
      const kept = localStorage.getItem(KEY);
      return ORDER.includes(kept) ? kept : "system";
    } catch {
      return "system"; // storage is switched off: nothing is remembered, the toggle still works on this page
    }
  }

  function apply(theme) {
    if (theme === "system") {
      document.documentElement.removeAttribute("data-bs-theme");
    } else {
      document.documentElement.setAttribute("data-bs-theme", theme);
    }
  }

  let theme = chosen();
  apply(theme);

  document.addEventListener("DOMContentLoaded", function () {
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      const words = button.querySelector("[data-theme-words]");
      words.textContent = theme;
      button.hidden = false;
      button.addEventListener("click", function () {
        theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
        apply(theme);
        words.textContent = theme;
        try {
          localStorage.setItem(KEY, theme);
        } catch {
          // see chosen()
        }
      });
    }
  });
})();
