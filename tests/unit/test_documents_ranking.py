"""How passages of documents are found and ordered: words, BM25, fusion."""

from __future__ import annotations

from typing import Any

import pytest

from sparewheel.config.rag import ChunkingConfig, FusionConfig
from sparewheel.tools.documents.fusion import Hit, fuse, without_duplicates
from sparewheel.tools.documents.index import Index
from sparewheel.tools.documents.keywords import Keywords
from sparewheel.tools.documents.passages import Passage
from sparewheel.tools.documents.words import words
from sparewheel.tools.services import MemoryStore


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Die Straße, ÉTÉ naïve!", ["die", "strasse", "ete", "naive"]),
        ("holidays policies classes bus is", ["holiday", "policy", "classe", "bus", "is"]),
        ("max_tokens getName v2.0", ["max", "token", "getname", "v2", "0"]),
        ("年次休暇を x", ["年次", "次休", "休暇", "暇を", "x"]),
        ("휴가 규정", ["휴가", "규정"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a" * 100 + " \ud800 \0 \U0001d49c", ["a" * 40, "a"]),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


def passage(document: str, number: int, text: str) -> Passage:
    return Passage(document, number, text, 0, len(text))


async def indexed(**texts: list[str]) -> Keywords:
    index = Keywords(1.5, 0.75)
    for name, parts in texts.items():
        await index.add(name, "", [passage(name, number, text) for number, text in enumerate(parts)])
    return index


async def found(index: Keywords, question: str, limit: int = 5) -> list[str]:
    return [hit.passage.text for hit in await index.search(question, limit)]


async def test_rare_words_count_more_and_long_passages_less() -> None:
    index = await indexed(a=["the cat", "the the the dog", "the cat and the dog and the bird and the cow"])
    assert await found(index, "the bird") == [
        "the cat and the dog and the bird and the cow",
        "the the the dog",
        "the cat",
    ]
    assert await found(index, "CATS?", 1) == ["the cat"]
    assert await found(index, '"quoted* OR (NEAR -') == []
    assert await found(index, "") == []


async def test_scores_are_those_of_bm25() -> None:
    index = await indexed(a=["cat cat dog", "dog"], b=["bird"])
    [cat] = await index.search("cat", 5)
    # log(1 + (3 - 1 + 0.5) / (1 + 0.5)) * 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 3 / (5 / 3)))
    assert cat.score == pytest.approx(1.1146, abs=1e-4)


async def test_a_document_takes_the_place_of_its_older_version() -> None:
    index = await indexed(a=["old cat"], b=["dog"])
    await index.add("a", "", [passage("a", 0, "new bird")])
    await index.remove("b")
    await index.remove("never there")
    assert [await found(index, word) for word in ("cat", "bird", "dog")] == [[], ["new bird"], []]


class Recorded(Keywords):
    def __init__(self) -> None:
        super().__init__(1.5, 0.75)
        self.added: list[str] = []

    async def add(self, document: str, digest: str, passages: Any) -> None:
        self.added.append(document)
        await super().add(document, digest, passages)


async def test_only_what_changed_is_read_again() -> None:
    method, said = Recorded(), list[str]()
    index = Index(method, ChunkingConfig(), MemoryStore())
    await index.update({"a": "cat", "b": "dog", "c.pdf": "text"}, said.append)
    assert method.added == ["a", "b"]
    assert said == [f"Reading {name} ({at} of 3) …" for at, name in enumerate(("a", "b", "c.pdf"), 1)]
    assert index.unreadable == {"c.pdf": "it is a PDF, but came as text: pass its bytes."}
    await index.update({"a": "cat", "b": "cow"}, said.append)
    assert (method.added, said[3:], index.unreadable) == (["a", "b", "b"], ["Reading b (1 of 1) …"], {})
    assert [await found(method, word) for word in ("cat", "dog", "cow")] == [["cat"], [], ["cow"]]


def hits(**scores: float) -> list[Hit]:
    return [Hit(passage(name, 0, name), score) for name, score in scores.items()]


@pytest.mark.parametrize(
    ("config", "order"),
    [
        ({}, [("b", 0.0325), ("a", 0.0164), ("c", 0.0159)]),
        ({"k": 1}, [("b", 0.8333), ("a", 0.5), ("c", 0.25)]),
        ({"strategy": "weighted", "weights": {"bm25": 0.1}}, [("a", 0.9), ("b", 0.8), ("c", 0.5)]),
        ({"strategy": "max"}, [("b", 7.0), ("c", 5.0), ("a", 0.9)]),
    ],
)
def test_fusion(config: dict[str, Any], order: list[tuple[str, float]]) -> None:
    results = [("chunked-embeddings", hits(a=0.9, b=0.1)), ("bm25", hits(b=7.0, d=6.0, c=5.0))]
    fused = [(hit.passage.document, round(hit.score, 4)) for hit in fuse(results, FusionConfig(**config))]
    assert [pair for pair in fused if pair[0] != "d"] == order
    assert fuse([("bm25", hits(b=7.0))], FusionConfig(**config)) == hits(b=7.0)


def test_equal_texts_are_given_once() -> None:
    same = [Hit(passage("a", 0, "x  y"), 2), Hit(passage("b", 0, "x\ny"), 1)]
    assert without_duplicates(same) == same[:1]
