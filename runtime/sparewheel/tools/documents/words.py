"""The words of a text as the index has them: the same for documents and for questions.

Letters in one case and without accents, English plurals without their ending. Scripts that put no spaces between words
(Chinese, Japanese, Korean, Thai and their like) are indexed by pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_WORD: Final = 40  # characters; of longer ones (hashes, base64) the start counts
_ACCENTS: Final = re.compile("[\u0300-\u036f\u064b-\u065f\u0591-\u05c7]+")
_SPACELESS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# Vowel signs of Indic scripts are no letters, but parts of words.
_WORD: Final = re.compile(rf"[{_SPACELESS}]+|(?:(?![{_SPACELESS}])[^\W_]|[\u0900-\u0dff])+")
_IS_SPACELESS: Final = re.compile(f"[{_SPACELESS}]")
_PLAIN_WORD: Final = re.compile(r"[a-z0-9]+")


def words(text: str) -> list[str]:
    """The words of a text in their order."""
    if text.isascii():
        return [_singular(word) for word in _PLAIN_WORD.findall(text.lower())]
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKC", _ACCENTS.sub("", text))
    found: list[str] = []
    for word in _WORD.findall(text):
        if _IS_SPACELESS.match(word):
            found += [word[at : at + 2] for at in range(max(len(word) - 1, 1))]
        else:
            found.append(_singular(word))
    return found


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies") and len(word) > 4:
            word = f"{word[:-3]}y"
        else:
            word = word[:-1]
    return word[:MAX_WORD]
