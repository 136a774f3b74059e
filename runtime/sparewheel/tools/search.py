"""Finds tools by words of their names and descriptions, ranked by BM25. Nothing is indexed in advance.

What is read of a tool is bounded, and the work is done in slices: a server may have 10,000 tools with long texts.
"""

from __future__ import annotations

import heapq
import re
from math import log
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..providers.base import ToolSpec
    from ..slices import Slices

_MAX_DESCRIPTION: Final = 600  # characters of a description that are read
_MAX_NAME: Final = 100  # characters of a name that are read
_MAX_PARAMETERS: Final = 20  # names of parameters that are read
_MAX_TERMS: Final = 16  # words of a query that are looked for
_MAX_QUERY: Final = 1000  # characters
_NAME_WEIGHT: Final = 3  # a word of the name counts as often
_K1: Final = 1.2  # BM25: how soon further occurrences of a word stop to count
_B: Final = 0.5  # BM25: how much a long text is held against a tool
_SLICE: Final = 50  # tools between two pauses

# The parts of `listPullRequests` and `HTTPServer`.
_HUMPS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Chinese, Japanese and Korean are written without spaces: each of their characters is a word.
_EAST: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORDS: Final = re.compile(rf"[{_EAST}]|[^\W_{_EAST}]+")
_SUFFIXES: Final = ("ing", "ies", "ed", "es", "s", "y", "e")  # cut from a word of a query: `issues` finds `issue`
_MIN_STEM: Final = 3
_COMMON: Final = frozenset(
    "a an and are as at be by can do for from have i in is it me my of on or please some that the this to tool tools"
    " use want what which with you".split()
)


class ToolSearch:
    """Ranks tools. Keeps the words of each from one search to the next, as long as its description is the same."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, str]] = {}  # by name: the description, and the words

    def find(self, query: str, specs: Sequence[ToolSpec], limit: int) -> Slices[list[ToolSpec]]:
        """The tools that fit best, at most `limit`. Those whose whole name is in the query come first."""
        query = query[:_MAX_QUERY]
        names = set(query.replace(",", " ").replace("`", " ").replace('"', " ").split())
        terms = _terms(query)
        texts: dict[str, tuple[str, str]] = {}
        counts: list[list[int]] = []
        lengths: list[int] = []
        for number, spec in enumerate(specs):
            known = self._texts.get(spec.name)
            texts[spec.name] = known if known and known[0] == spec.description else (spec.description, _text(spec))
            words = texts[spec.name][1]
            counts.append([words.count(term) for term in terms])
            lengths.append(len(words))
            if number % _SLICE == 0:
                yield
        self._texts = texts
        average = sum(lengths) / max(len(lengths), 1)
        weights = [_weight(sum(1 for each in counts if each[place]), len(specs)) for place in range(len(terms))]
        scores: list[tuple[float, int]] = []
        for number, (spec, each) in enumerate(zip(specs, counts, strict=True)):
            norm = _K1 * (1 - _B + _B * lengths[number] / average)
            score = sum(weight * count / (count + norm) for weight, count in zip(weights, each, strict=True))
            if spec.name in names:
                score += 1000
            if score > 0:
                scores.append((score, -number))
            if number % _SLICE == 0:
                yield
        return [specs[-number] for _, number in heapq.nlargest(limit, scores)]


def _weight(found: int, total: int) -> float:
    """The BM25 weight of a word that `found` of `total` texts have: the rarer, the more it counts."""
    return log(1 + (total - found + 0.5) / (found + 0.5))


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.lower())


def _text(spec: ToolSpec) -> str:
    """The words of a tool, each after a space, so that the beginning of a word can be counted."""
    properties = spec.parameters.get("properties")
    parameters = list(properties)[:_MAX_PARAMETERS] if isinstance(properties, dict) else []
    name = " ".join(_words(_HUMPS.sub(" ", spec.name[:_MAX_NAME])))
    rest = " ".join(
        [spec.description[:_MAX_DESCRIPTION], *(_HUMPS.sub(" ", str(each)[:_MAX_NAME]) for each in parameters)]
    )
    return " ".join(["", *[name] * _NAME_WEIGHT, *_words(rest)])


def _terms(query: str) -> list[str]:
    """The words of a query, as they are counted: with a space before them, and without the endings of English words."""
    words = dict.fromkeys(_words(_HUMPS.sub(" ", query)))
    asked = [word for word in words if word not in _COMMON] or list(words)
    return list(dict.fromkeys(f" {_stem(word)}" for word in asked[:_MAX_TERMS]))


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _MIN_STEM:
            return word.removesuffix(suffix)
    return word
