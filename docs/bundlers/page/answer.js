// What each of these pages does with its runtime: one turn with the agent of agent.yaml, and a line on how it was started.

/** @param {Promise<import("sparewheel").Runtime>} starting */
export async function answer(starting) {
  const [start, output] = ["#start", "output"].map((selector) => document.querySelector(selector));
  try {
    const runtime = await starting;
    const report = { ...runtime.boot, ready: Math.round(performance.now()) }; // ready: in ms, since the page was opened
    const yaml = await (await fetch("agent.yaml")).text();
    const session = await runtime.createSession({ yaml });
    const { message } = await session.send("Hello");
    output.textContent = message.content;
    start.textContent = JSON.stringify(report);
    start.dataset.state = "answered";
  } catch (error) {
    if (error.kind === "aborted") return; // React starts an effect twice in development, and aborts the first one
    start.textContent = `${error.message} ${error.hint ?? ""}`;
    start.dataset.state = "failed";
  }
}
