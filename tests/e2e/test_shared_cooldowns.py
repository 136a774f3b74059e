"""Runtimes under Node tell each other which models rest, as browsers do."""

from __future__ import annotations

from dataclasses import replace

from sparewheel.headless import open as open_runtime
from sparewheel.testing import Reply, ScriptedProvider, errors, openai_chat
from tests.support.door import ENV, KEY, agent_file

MOST = 20  # turns until the driver knows what rests: it is told beside them


async def test_a_runtime_under_node_takes_and_gives_cooldowns(provider: ScriptedProvider) -> None:
    provider.script("a", replace(errors.openai_rate_limit(retry_after=600), repeat=True))
    provider.script("b", Reply(openai_chat(text="Hello"), repeat=True))
    file = agent_file(provider, "a", "b")

    def asked() -> int:
        return sum(request.json["model"] == "a" for request in provider.requests)

    async with (
        open_runtime(file, engine="node", env=ENV) as one,
        open_runtime(file, engine="node", env=ENV) as other,
    ):
        for _ in range(MOST):
            await one.send("hi")
            if known := one.cooldowns():
                break
        assert [entry["kind"] for entry in known] == ["rate_limit"]
        assert 500 < known[0]["seconds"] <= 600
        assert KEY not in str(known)
        assert asked() == 1
        await other.share(known)
        aside = await other.session(agent_file(provider, "b"))
        await aside.send("hi")  # what was shared has arrived before this turn ends
        assert (await other.send("hi"))["model"] == "mine/b"
        assert asked() == 1
