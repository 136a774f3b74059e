/** What the title begins with while the tab is hidden. */
const QUESTION = "❗ Your answer is needed";
const DONE = "✓ Answered";
const FAILED = "✗ Failed";

/**
 * Call the user back to a hidden tab when a question or the end of a turn waits for them: by the title, and by a badge where
 * the page is installed.
 * @param {import("../workbench.js").Workbench} workbench
 */
export function callWhenHidden(workbench) {
  let call = "";
  const set = (/** @type {string} */ text) => {
    const { title } = document; // which may have been changed since
    document.title = text + (call && title.startsWith(call) ? title.slice(call.length) : title);
    call = text;
  };
  const alert = (/** @type {string} */ text) => {
    if (!document.hidden) return;
    set(`${text} · `);
    navigator.setAppBadge?.().catch(() => {}); // only installed pages have one
  };
  const clear = () => {
    if (document.hidden || !call) return;
    set("");
    navigator.clearAppBadge?.().catch(() => {});
  };
  document.addEventListener("visibilitychange", clear);
  workbench.subscribe({
    event: ({ type }) => {
      if (type === "tool_confirmation" || type === "elicitation" || type === "in_doubt") alert(QUESTION);
      else if (type === "finish") alert(DONE);
      else if (type === "error") alert(FAILED);
    },
    end: ({ error }) => {
      if (error && error.kind !== "aborted") alert(FAILED);
    },
  });
}
