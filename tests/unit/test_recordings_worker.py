"""Recordings of a worker's sessions: the commands `record` and `replay`, as a page uses them."""

from __future__ import annotations

import json
from typing import Any

from sparewheel.recordings.form import HEADER, read_recording
from sparewheel.testing import Reply, errors
from tests.support.fakeloop import run
from tests.support.workerpage import ANSWER, KEY, YAML, Page, refusal, result

SCRIPT: Any = {"a": [errors.openai_rate_limit(), Reply(ANSWER)], "b": [Reply(ANSWER)]}


def steady(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    times = ("turn", "delay_ms", "retrying_at", "wait_ms")
    return [{name: value for name, value in event.items() if name not in times} for event in events]


def recorded(page: Page) -> list[str]:
    return [message["line"] for message in map(json.loads, page.said) if message["type"] == "recorded"]


async def recording_of(page: Page, prompt: str = "hi") -> str:
    await result(page, "record", on=True)
    await page.open()
    await result(page, "send", session="s", prompt=prompt)
    return "".join(f"{line}\n" for line in recorded(page))


def test_a_page_gets_a_recording_and_another_one_replays_it() -> None:
    async def main() -> None:
        page = Page(SCRIPT)
        recording = await recording_of(page, f"Is {KEY} mine?")
        assert recording.splitlines()[0] == HEADER
        assert KEY not in recording
        found = read_recording(recording)
        assert found.keys == {"OPENAI_API_KEY": "sk*****************"[: len(KEY)].ljust(len(KEY), "*")}
        assert [each.response and each.response.status for each in found.exchanges] == [429, 200]

        other = Page({})
        await result(other, "replay", recording=recording)
        assert "result" in await other.call("create_session", session="s", yaml=YAML)  # without a key
        await result(other, "send", session="s", prompt="Is [redacted] mine?")
        assert steady(other.events("s")) == steady(page.events("s"))
        assert other.transport.requests == []
        assert await refusal(other, "record", on=True) == (
            "config",
            "A replay makes no requests that could be recorded.",
        )
        kind, message = await refusal(other, "send", session="s", prompt="And now?")
        assert kind == "config"
        assert "The recording has no answer to POST https://mine.example.test/" in message

    run(main())


def test_recording_begins_and_ends_when_the_page_wants() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER)] * 3, "b": []})
        await page.open()
        await result(page, "send", session="s", prompt="one")
        assert recorded(page) == []
        await result(page, "record", on=True)
        await result(page, "send", session="s", prompt="two")
        await result(page, "record", on=False)
        await result(page, "send", session="s", prompt="three")
        kinds = [json.loads(line)["type"] for line in recorded(page)]
        assert kinds == ["recording", "keys", "turn", "exchange"]
        turn = json.loads(recorded(page)[2])["messages"]
        assert [message["content"] for message in turn] == ["one", "Answer", "two"]

    run(main())


def test_an_answer_that_was_left_is_waited_for_no_longer_than_then() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER, silent_after=2)], "b": []})
        await result(page, "record", on=True)
        await page.open()
        page.post("send", session="s", prompt="hi")
        await page.until('"content":"An"')
        await result(page, "abort")
        recording = "".join(f"{line}\n" for line in recorded(page))
        assert read_recording(recording).exchanges[0].end.how == "left"

        other = Page({})
        await result(other, "replay", recording=recording)
        await other.call("create_session", session="s", yaml=YAML)
        kind, message = await refusal(other, "send", session="s", prompt="hi")
        assert kind == "config"
        assert "ends before its answer does" in message
        assert [event["content"] for event in other.events("s") if event["type"] == "delta"] == ["An"]

    run(main())


def test_what_is_no_recording_is_refused() -> None:
    async def main() -> None:
        page = Page({"a": [Reply(ANSWER)], "b": []})
        assert (await refusal(page, "replay", recording="agents: {}"))[0] == "config"
        assert (await refusal(page, "replay", recording=7))[0] == "config"
        await page.open()
        await result(page, "send", session="s", prompt="hi")  # nothing has changed

    run(main())
