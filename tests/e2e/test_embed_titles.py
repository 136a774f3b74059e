"""What stands beside a turn, in a browser: the title of a session, and a reader that leaves."""

from __future__ import annotations

import pytest

from tests.support.browser import Theirs

pytestmark = pytest.mark.asyncio(loop_scope="session")

TITLED = "agents: {root: {model: demo/hello, title_model: demo/hello}}"
STALLS = "agents: {root: {model: demo/stalls}}"

LEAVE = """async (how) => {
  const session = theirs.session("s");
  const stream = session.stream("hi");
  for (;;) {
    const { value } = await stream.next();
    if (value.type === "delta") break;
  }
  const waiting = stream.next();
  if (how === "throw") await stream.throw(new Error("mine")).catch(() => {});
  else await stream[how]();
  await waiting;
  const { episodes } = await session.export();
  return [episodes.at(-1).outcome, (await stream.next()).done];
}"""


async def test_the_title_comes_after_the_answer(theirs: Theirs) -> None:
    await theirs.open("s", TITLED, {})
    turn = await theirs.take_turn("s", "Why is the *sky* blue?")
    assert turn.types[-1] == "finish"
    told = await theirs.call("hears", "s", "title", 1)
    assert told[-1] == {"type": "title", "turn": None, "seq": None, "title": "Demo: Why is the sky blue?"}
    assert await theirs.page.evaluate("theirs.session('s').title") == "Demo: Why is the sky blue?"
    assert await theirs.page.evaluate("theirs.folded(theirs.heard('s')).status") == "finished"
    assert (await theirs.take_turn("s", "And now?")).types[-1] == "finish"
    assert [event["type"] for event in await theirs.call("heard", "s")].count("title") == 1


@pytest.mark.parametrize("how", ["return", "throw"])
async def test_a_reader_that_leaves_is_no_user_that_stops(how: str, theirs: Theirs) -> None:
    await theirs.open("s", STALLS, {})
    assert await theirs.page.evaluate(LEAVE, how) == ["abandoned", True]
    heard = await theirs.call("heard", "s")
    assert (heard[-1]["type"], heard[-1]["reason"]) == ("aborted", "consumer")
