// A classic script, run before the page is drawn: the chosen colours, and what is pressed before the page's modules have run.
// Browsers load no modules from files, so of a page that was opened as a file this is all that runs.

{
  const root = document.documentElement;

  try {
    const theme = JSON.parse(localStorage.getItem("sparewheel.theme") ?? "null");
    if (theme === "light" || theme === "dark") {
      root.dataset["theme"] = theme;
      // Also the ground that is drawn before there is a style sheet.
      document.querySelector("meta[name=color-scheme]")?.setAttribute("content", theme);
    }
  } catch {
    // Storage is blocked: the system's colours are used.
  }

  /**
   * Note what the visitor wants (`data-pressed`) until the page listens itself (`data-listens`).
   * @param {Event} event
   */
  const press = (event) => {
    const { target, type } = event;
    if (root.dataset["listens"] !== undefined || !(target instanceof Element)) return;
    const isEnter = event instanceof KeyboardEvent && event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (type === "click" && target.closest("#suggestion")) root.dataset["pressed"] = "demo";
    else if (type === "submit" || (isEnter && target.id === "prompt")) root.dataset["pressed"] = "send";
    else return;
    event.preventDefault(); // a form is not sent to the server, and Enter starts no line
  };
  for (const type of ["click", "keydown", "submit"]) document.addEventListener(type, press);
  performance.mark("takes a prompt");

  if (location.protocol === "file:") {
    addEventListener("DOMContentLoaded", () => {
      const status = document.getElementById("status");
      const told = document.getElementById("from-file");
      if (!status || !told) return;
      status.dataset["state"] = "error";
      status.textContent = "Cannot run from a file";
      told.hidden = false;
    });
  }
}
