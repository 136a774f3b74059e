"""The README's table of paths names every folder and module there is, and no other; agent files of `docs/` load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sparewheel.config.loading import load_agent_file
from sparewheel.config.resolved import resolve_team

ROOT = Path(__file__).resolve().parents[2]


def named_below(folder: str) -> set[str]:
    """The names in the first column of the table, in the rows with `…` below that of `folder`."""
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1] for line in lines if line.startswith("|")]
    start = next(number for number, cell in enumerate(rows) if f"`{folder}`" in cell)
    end = next(number for number in range(start + 1, len(rows)) if "`… " not in rows[number])
    return set(re.findall(r"`(?:… )?([^`]+)`", " ".join(rows[start + 1 : end])))


@pytest.mark.parametrize("folder", ["runtime/sparewheel/", "web/"])
def test_every_folder_has_its_role(folder: str) -> None:
    folders = {f"{path.name}/" for path in (ROOT / folder).iterdir() if path.is_dir()}
    named = {name for name in named_below(folder) if name.endswith("/")}
    assert named == folders - {"node_modules/", "__pycache__/"}


def test_the_modules_that_it_names_are_there() -> None:
    named = {name for name in named_below("runtime/sparewheel/") if not name.endswith("/")}
    assert [name for name in named if not (ROOT / "runtime" / "sparewheel" / f"{name}.py").is_file()] == []


def test_the_agent_files_of_the_pages_for_embedders_load() -> None:
    text = (ROOT / "docs" / "documents-and-mcp.md").read_text(encoding="utf-8")
    files = re.findall(r"const yaml = `\n(.*?)`;", text, re.DOTALL)
    env, documents = {"OPENAI_API_KEY": "a-key-that-opens-nothing"}, {"handbook/a.md": "A"}
    teams = [resolve_team(load_agent_file(file), None, env, documents=documents) for file in files]
    assert [[entry.type for entry in team.agents["root"].toolsets] for team in teams] == [["rag"], ["mcp"]]
    assert not any(team.warnings for team in teams)


def test_the_agent_file_of_the_page_about_code_loads() -> None:
    text = (ROOT / "docs" / "code.md").read_text(encoding="utf-8")
    (file,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    team = resolve_team(load_agent_file(file), None, {"OPENAI_API_KEY": "a-key-that-opens-nothing"})
    assert [entry.type for entry in team.agents["root"].toolsets] == ["code"]
