/**
 * In place of the chain while the agent file cannot run: a button that says so, and leads to the reason.
 * @param {{note: HTMLButtonElement, chain: HTMLElement}} elements
 * @param {import("../workbench.js").Workbench} workbench
 * @param {{showFile: () => void, addKey: () => void}} to
 */
export function noteProblems({ note, chain }, workbench, { showFile, addKey }) {
  const show = () => {
    const { problem, needsKey } = workbench;
    note.textContent = needsKey ? "This agent needs a key: add one" : "This agent cannot run: see why";
    note.hidden = problem === "" && !needsKey;
    chain.hidden = problem !== "";
  };
  workbench.subscribe({ problem: show, missingKeys: show, chat: show });
  note.addEventListener("click", () => (workbench.needsKey ? addKey() : showFile()));
}
