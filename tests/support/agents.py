"""Agent files for tests against a scripted provider, and a key that must appear nowhere."""

from __future__ import annotations

import json
from collections.abc import Mapping

KEY = "sk-CANARY-0123456789abcdef"
ENV = {"TEST_KEY": KEY}


def agent_file(models: Mapping[str, str], *, retries: int = -1, delay: str = "0s") -> str:
    """An agent whose chain is `models`: name to base URL, primary first. One attempt each by default."""
    first, *rest = models
    lines = "".join(
        f'\n  {name}: {{provider: openai, model: {name}, base_url: "{url}/v1", token_key: TEST_KEY}}'
        for name, url in models.items()
    )
    fallback = f"models: {json.dumps(rest)}, retries: {retries}, delay: {delay}"
    return f"""
agents:
  root:
    model: {first}
    instruction: Be brief.
    fallback: {{{fallback}}}
models:{lines}
"""
