"""An agent in a Python program, without a browser: `.venv/bin/python runtime/examples/open_agent.py`.

Needs no key and no network: the first model of the chain stops in the middle of its answer, the second is overloaded,
the third answers. Put in models of your own, and pass their keys in `env`.
"""

from __future__ import annotations

import asyncio

import sparewheel

AGENT = """
agents:
  root:
    model: demo/drops-midway
    instruction: Answer in one sentence.
    fallback: {models: [demo/overloaded, demo/hello], retries: -1}
"""


@sparewheel.tool(read_only=True)
async def weather(city: str) -> str:
    """Look up the weather.

    Args:
        city: The name of the city, in English.
    """
    return f"Sunny in {city}."


async def main() -> None:
    transcript = sparewheel.Transcript()
    async with sparewheel.open_agent(AGENT, env={}, tools=[weather]) as session:
        async for event in session.stream("How do I keep going when a model fails?"):
            transcript.push(event)
            if sparewheel.is_fallback(event):
                print(f"Fallback from {event['from']} to {event['to']}: {event['reason']}")
    print(transcript.message["content"])


if __name__ == "__main__":
    asyncio.run(main())
