"""The built runtime in a headless Chromium: `.venv/bin/python runtime/examples/headless.py`.

Build first: `python3 build.py build`. `headless.open` also takes an agent file, keys (`env`) and another engine:
`open("agent.yaml", env={"OPENAI_API_KEY": key}, engine="node")`. Without them the demo agent runs, which needs no key.
"""

from __future__ import annotations

import asyncio

from sparewheel import headless


async def main() -> None:
    async with headless.open() as runtime:
        for prompt in ("Hello", "And once more"):  # two turns of one session: the second has the first in its history
            async for event in runtime.stream(prompt):
                if event["type"] in ("fallback", "finish"):
                    print(f"{prompt}: {event['type']} {event.get('to') or event['model']}")


if __name__ == "__main__":
    asyncio.run(main())
