// One way to hang a worker: how long until every promise is settled after an abort, and until sessions answer again.

async ({ hangs, answers, way, env, wait, limit }) => {
  const within = (promise) =>
    Promise.race([
      promise.then(
        (result) => result?.message?.content ?? "settled",
        (error) => `${error.kind}: ${error.message}`,
      ),
      new Promise((resolve) => setTimeout(resolve, limit, "NOTHING")),
    ]);
  const timed = async (promise) => {
    const start = performance.now();
    const text = await within(promise);
    return { text, ms: Math.round(performance.now() - start) };
  };
  const start = performance.now();
  const runtime = await createRuntime({});
  const boot = Math.round(performance.now() - start);
  try {
    let called = () => {};
    const call = new Promise((resolve) => (called = resolve));
    const listen = (event) => event.type === "tool_call" && called();
    const own = await runtime.createSession({ yaml: hangs, env, autoApprove: true }, listen);
    const other = await runtime.createSession({ yaml: answers, env }, () => {});
    const before = await within(other.send("First?"));
    const hanging = own.send(`Call ${way}`);
    let over = "";
    hanging.then(
      () => (over = "finished"),
      (error) => (over = `${error.kind}: ${error.message}`),
    );
    await Promise.race([call, new Promise((resolve) => setTimeout(resolve, 3000))]);
    await new Promise((resolve) => setTimeout(resolve, wait));
    const early = over;
    own.abort();
    const settled = await timed(hanging);
    const others = await timed(other.send("And now?"));
    const owns = await timed(own.send("And now?"));
    return { boot, before, early, settled, others, owns };
  } finally {
    runtime.dispose();
  }
};
