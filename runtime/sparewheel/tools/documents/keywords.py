"""Search by words: BM25 over an index of SQLite's FTS5, which Pyodide has built in.

FTS5 finds the best candidates. Its own score has fixed parameters, and is nearly 0 for a word that most passages have,
so the candidates are scored again with those of the agent file.
Sources: https://www.sqlite.org/fts5.html; Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009).
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from math import log
from typing import TYPE_CHECKING, Final

from ...slices import run_in_slices
from .fusion import Hit
from .words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...slices import Slices
    from .passages import Passage

MAX_TERMS: Final = 32  # different words of a question
MAX_READ: Final = 10_000  # entries of the index that a question reads: its common words are left to the scoring
CANDIDATES: Final = 50


class Keywords:
    """`Method`: an index of passages in memory. `k1` and `b` are the parameters of BM25."""

    def __init__(self, k1: float, b: float) -> None:
        self._k1, self._b = k1, b
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        # The words come without anything but letters and digits: this tokenizer only divides them at spaces.
        self._database.execute("CREATE VIRTUAL TABLE words USING fts5(text, tokenize='ascii')")
        self._passages: dict[int, Passage] = {}
        self._rows: dict[str, list[int]] = {}  # by document
        self._having: Counter[str] = Counter()  # how many passages have a word
        self._length = 0  # words of all passages
        self._last = 0

    async def add(self, document: str, digest: str, passages: Sequence[Passage]) -> None:
        await self.remove(document)
        await run_in_slices(self._in_one(self._add(document, passages)))

    async def remove(self, document: str) -> None:
        await run_in_slices(self._in_one(self._remove(self._rows.get(document, []))))
        self._rows.pop(document, None)

    def _in_one(self, work: Slices[None]) -> Slices[None]:
        """Do all changes of FTS5 in one transaction, which is faster. What was done before a cancellation stays."""
        self._database.execute("BEGIN")
        try:
            yield from work
        finally:
            self._database.execute("COMMIT")

    def _add(self, document: str, passages: Sequence[Passage]) -> Slices[None]:
        rows = self._rows[document] = []
        for passage in passages:
            its_words = words(passage.searched)
            self._last += 1
            rows.append(self._last)
            self._passages[self._last] = passage
            self._having.update(set(its_words))
            self._length += len(its_words)
            text = " ".join(its_words)
            self._database.execute("INSERT INTO words(rowid, text) VALUES (?, ?)", (self._last, text))
            yield

    def _remove(self, rows: list[int]) -> Slices[None]:
        while rows:
            row = rows[-1]
            [text] = self._database.execute("SELECT text FROM words WHERE rowid = ?", (row,)).fetchone()
            its_words = text.split()
            self._having.subtract(set(its_words))
            self._length -= len(its_words)
            self._database.execute("DELETE FROM words WHERE rowid = ?", (row,))
            del self._passages[row]
            rows.pop()
            yield

    def passages(self, document: str) -> Sequence[Passage]:
        return [self._passages[row] for row in self._rows.get(document, ())]

    async def search(self, question: str, limit: int) -> list[Hit]:
        terms = [word for word in dict.fromkeys(words(question)) if self._having[word] > 0]
        terms = sorted(terms, key=lambda word: self._having[word])[:MAX_TERMS]
        if not terms:
            return []
        sought, read = terms[:1], self._having[terms[0]]
        for word in terms[1:]:
            read += self._having[word]
            if read <= MAX_READ:
                sought.append(word)
        match = " OR ".join(f'"{word}"' for word in sought)
        rows = self._database.execute(
            "SELECT rowid, text FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?",
            (match, max(CANDIDATES, 3 * limit)),
        ).fetchall()
        scored = [(self._score(text.split(), terms), row) for row, text in rows]
        scored.sort(key=lambda pair: (-pair[0], pair[1]))
        return [Hit(self._passages[row], score) for score, row in scored[:limit]]

    def _score(self, its_words: list[str], terms: Sequence[str]) -> float:
        counts, total = Counter(its_words), len(self._passages)
        average = self._length / total or 1.0
        length = self._k1 * (1 - self._b + self._b * len(its_words) / average)
        score = 0.0
        for word in terms:
            if times := counts[word]:
                rarity = log(1 + (total - self._having[word] + 0.5) / (self._having[word] + 0.5))
                score += rarity * times * (self._k1 + 1) / (times + length)
        return score
