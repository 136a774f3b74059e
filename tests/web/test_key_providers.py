"""The page's table of providers against the runtime's: every key has a row, and is sent to its vendor's hosts only."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sparewheel.config.providers import PROVIDERS
from sparewheel.config.vendor_keys import _MORE_NAMES, _SHAPES, host_of, is_vendors

MODULE = Path(__file__).resolve().parents[2] / "web" / "app" / "keys" / "providers.js"
SCRIPT = """
const { PROVIDERS } = await import(process.argv[1]);
console.log(JSON.stringify(PROVIDERS.map((each) => ({ ...each, shape: each.shape?.source }))));
"""


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    argv = ["node", "--input-type=module", "--eval", SCRIPT, MODULE.as_uri()]
    listed = json.loads(subprocess.run(argv, capture_output=True, check=True, text=True).stdout)
    return {row["id"]: row for row in listed}


def test_every_key_of_the_runtime_has_a_row(rows: dict[str, dict[str, Any]]) -> None:
    names = {name: row["id"] for row in rows.values() for name in (row["name"], *row.get("moreNames", ()))}
    wanted = {name for known in PROVIDERS.values() for name in known.keys} | set(_MORE_NAMES)
    assert set(names) == wanted
    for name, row in names.items():
        assert name in PROVIDERS[row].keys or _MORE_NAMES[name] == row


def test_a_check_goes_to_the_vendors_host_over_https(rows: dict[str, dict[str, Any]]) -> None:
    for name, row in rows.items():
        assert row["page"].startswith("https://")
        if url := row.get("check", {}).get("url"):
            assert url.startswith("https://")
            assert is_vendors(name, host_of(url)), url


def test_keys_are_recognized_as_the_runtime_does(rows: dict[str, dict[str, Any]]) -> None:
    shapes = {name: row["shape"] for name, row in rows.items() if row.get("shape")}
    assert set(shapes) == set(_SHAPES)
    parts = {"letters": "A1b2C3d4E5f6G7h8J9k0", "hex": "0123456789abcdef0123456789abcdef"}
    samples = {
        "anthropic": "sk-ant-x",
        "openrouter": "sk-or-x",
        "openai": "sk-proj-x",
        "google": f"AIza{parts['letters']}",
        "groq": f"gsk_{parts['letters']}",
        "xai": f"xai-{parts['letters']}",
        "huggingface": f"hf_{parts['letters']}",
        "nvidia": f"nvapi-{parts['letters']}",
        "cerebras": f"csk-{parts['letters']}",
        "fireworks": f"fw_{parts['letters']}",
        "together": f"tgp_v1_{parts['letters']}",
        "deepseek": f"sk-{parts['hex']}",
    }
    for name, sample in samples.items():
        assert [each for each, shape in shapes.items() if re.search(shape, sample)] == [name]
        assert [each for each, shape in _SHAPES.items() if re.match(shape, sample)] == [name]
