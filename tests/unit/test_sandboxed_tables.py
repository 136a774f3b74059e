"""Values of code in the sandbox that are tables: they become Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.harness import Sandbox

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


@pytest.mark.parametrize(
    ("code", "table"),
    [
        (
            "[{'a': 1, 'b': 'x|y'}, {'a': None, 'c': 'two\\nlines'}]",
            "| a | b | c |\n|---|---|---|\n| 1 | x\\|y |  |\n|  |  | two lines |",
        ),
        ("import csv\nlist(csv.reader(['city,n', 'Bern,1']))", "| city | n |\n|---|---|\n| Bern | 1 |"),
        ("from collections import namedtuple\n[namedtuple('P', 'x y')(1, 2)]", "| x | y |\n|---|---|\n| 1 | 2 |"),
        ("class T:\n  def to_markdown(self): return '| a |'\nT()", "| a |"),
        (
            (
                "class Frame:\n"
                "  columns, index = ['a', 'b'], type('Index', (), {'name': None})\n"
                "  def to_markdown(self): raise ImportError('tabulate')\n"
                "  def itertuples(self): return iter([(0, 1, 'x'), (1, 2, 'y')])\n"
                "  def __len__(self): return 2\n"
                "Frame()"
            ),
            "|  | a | b |\n|---|---|---|\n| 0 | 1 | x |\n| 1 | 2 | y |",
        ),
    ],
)
async def test_tables(sandbox: Sandbox, code: str, table: str) -> None:
    assert (await sandbox.run(code))["value"] == {"kind": "markdown", "text": table}


@pytest.mark.parametrize("code", ["[[1, 2], [3, 4]]", "[{}, {}]", "[{1}, {2}]", "[]", "[['a'], ['b', 'c']]", "[{}, 1]"])
async def test_what_is_no_table(sandbox: Sandbox, code: str) -> None:
    assert (await sandbox.run(code))["value"] == {"kind": "text", "text": repr(eval(code))}


async def test_a_long_table_is_cut(sandbox: Sandbox) -> None:
    text = (await sandbox.run("[{'n': n} for n in range(1000)]"))["value"]["text"]
    assert text.count("\n| ") == 100
    assert "900 more rows, 1000 in all" in text
