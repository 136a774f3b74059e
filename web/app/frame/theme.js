/**
 * Lets the user choose light, dark or the system's colours. The choice is kept in this browser: app/first.js finds it again.
 * @param {HTMLSelectElement} choice Its values are "", "light" and "dark".
 * @param {import("../chats/kept.js").Kept} kept
 */
export function chooseTheme(choice, kept) {
  const root = document.documentElement;
  const show = (/** @type {unknown} */ theme) => {
    choice.value = theme === "light" || theme === "dark" ? theme : "";
    if (choice.value) root.dataset["theme"] = choice.value;
    else delete root.dataset["theme"];
    document.querySelector("meta[name=color-scheme]")?.setAttribute("content", choice.value || "light dark");
  };
  show(root.dataset["theme"]);
  choice.addEventListener("change", () => {
    show(choice.value);
    kept.set("theme", choice.value || undefined);
  });
  addEventListener("storage", ({ key }) => {
    if (key === null || key === "sparewheel.theme") show(kept.get("theme")); // another tab's choice
  });
}
