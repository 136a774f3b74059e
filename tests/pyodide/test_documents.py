"""Documents in real Pyodide: FTS5 of its SQLite, and pypdf, which is loaded when a PDF is read first."""

from __future__ import annotations

from typing import Any

from pytest_pyodide import run_in_pyodide

from tests.support.pdfs import data_url, pdf


@run_in_pyodide
async def search(selenium_python, documents, query):  # type: ignore[no-untyped-def]  # its source runs in Pyodide
    import inside_documents  # type: ignore[import-not-found]  # a file in Pyodide

    return await inside_documents.search(documents, query)


def test_texts_and_pdfs_are_searched(selenium_python: Any) -> None:
    text = search(selenium_python, {"a.md": "# Cats\nFelines sleep.", "b.csv": "animal,food\nhorse,hay\n"}, "horses")
    assert [each["content"] for each in text["found"]] == ["animal: horse | food: hay"]
    assert (text["before"], text["after"]) == ([], ["sqlite3"])
    pages = search(selenium_python, {"a.pdf": data_url(pdf("Of cats", "Of horses"))}, "horse")
    assert [(each["page"], each["content"]) for each in pages["found"]] == [(2, "Of horses")]
    assert pages["after"] == ["pypdf", "sqlite3"]
