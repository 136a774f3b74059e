"""The comments of the sources are in plain words: subject, verb, fact."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = re.compile(
    r"\b(?:nobody|somebody|whoever|whomever|thereof|therein|whereof|hitherto|betwixt|last word|of no further use"
    r"|own words?|comes? to(?= for|,|\.)|has to say|the sake of it|nothing's)\b",
    re.I,
)
JS_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`\w])//[^\n]*", re.S)


def python_comments(source: str) -> Iterator[str]:
    """Comments and docstrings."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""


def found_in(folder: str) -> list[str]:
    """The comments with forbidden words, each after its file."""
    found = []
    for path in sorted((ROOT / folder).rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.suffix not in (".py", ".js", ".mjs", ".ts", ".css") or "/node_modules/" in name:
            continue
        source = path.read_text(encoding="utf-8")
        comments = python_comments(source) if path.suffix == ".py" else JS_COMMENT.findall(source)
        found += [f"{name}: {text}" for text in comments if FORBIDDEN.search(text)]
    return found


def test_comments_are_in_plain_words() -> None:
    assert found_in("web") + found_in("runtime") == []


def test_comments_are_found() -> None:
    source = '"""Module: nobody."""\n\n\nx = 1  # Whoever asks\ny = "nobody"\n'
    assert [text for text in python_comments(source) if FORBIDDEN.search(text)] == ["# Whoever asks", "Module: nobody."]
    assert [bool(FORBIDDEN.search(text)) for text in ("what it comes to.", "comes to a page", "own words")] == [
        True,
        False,
        True,
    ]
    script = 'const url = "https://nobody"; // somebody\n/** Thereof\n * more */ "nobody"'
    assert [text for text in JS_COMMENT.findall(script) if FORBIDDEN.search(text)] == [
        "// somebody",
        "/** Thereof\n * more */",
    ]
