"""The forms in which a secret can occur in a text.

- As it is, in base64 (also in the alphabet of URLs, without padding, and at each of the three offsets in a longer text)
  and in hexadecimal: fixed strings.
- With any of its characters escaped: percent encoding (`%2B`, also of UTF-8 and encoded again), JSON and JavaScript
  (`\\u0041`, `\\x41`, `\\/`, also within JSON text), HTML (`&#65;`, `&#x41;`, `&amp;`): a pattern for each character.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import lru_cache
from html.entities import codepoint2name
from typing import Final

MIN_SECRET: Final = 8  # characters; a shorter secret could be any word of a text

_URL_ALPHABET: Final = str.maketrans("+/", "-_")
_RARE: Final = re.compile(r"[A-Z+/_\-]")
_NOT_LOWER: Final = re.compile(r"[^a-z]")
_SIMPLE: Final = re.compile(r"""[^\x00-\x1f%\\&<>"'\x7f-\U0010ffff]+""")
_ESCAPED: Final = re.compile(
    r"%(?:25){0,3}([0-7][0-9a-fA-F])|\\{1,8}(?:u00|x)([0-7][0-9a-fA-F])"
    r"|&(?:amp;){0,3}#(?:0{0,6}([0-9]{1,3})|[xX]0{0,6}([0-9a-fA-F]{1,2}));|\\{1,8}(/)"
)
_JSON: Final = {'"': '"', "\\": r"\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


def fixed_forms(secret: str) -> set[str]:
    """A secret as it is, in JSON text, in hexadecimal, and in base64 without what depends on the text around it."""
    data = secret.encode("utf-8", "surrogatepass")
    found = {data.hex(), data.hex().upper()}
    for offset in range(3):
        code = b64encode(bytes(offset) + data).decode()
        stable = code[(0, 2, 3)[offset] : (offset + len(data)) * 8 // 6]
        found |= {stable, stable.translate(_URL_ALPHABET)}
    written = {json.dumps(secret, ensure_ascii=ascii)[1:-1] for ascii in (False, True)}
    return {secret} | written | {_from_rare(form) for form in found}


def _from_rare(form: str) -> str:
    """An encoded form without the first characters of its encoding, so that it begins with one that is rare in prose.

    Then the pieces of a stream are seldom held back. At most an eighth of the secret remains visible, encoded.
    """
    end = min(len(form) // 8, 8)
    found = _RARE.search(form, 0, end) or _NOT_LOWER.search(form, 0, end)
    return form[found.start() :] if found else form


def read_plainly(text: str, limit: int) -> tuple[str, int]:
    """`text` with the escapes of ASCII characters read, at most `limit` of them, and how many were. `+` is a space.

    A secret that `is_simple` and occurs with escapes is in it, but for characters that are part of an escape before it.
    """
    read, count = _ESCAPED.subn(_read, text, limit)
    return read.replace("+", " "), count


def is_simple(form: str) -> bool:
    """Whether no character of a form may begin an escape, and none has more escapes than `read_plainly` reads."""
    return _SIMPLE.fullmatch(form) is not None


def _read(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[4]
    return "/" if match[5] else chr(int(digits, 16) if digits else int(match[3]))


@lru_cache(512)
def unit(char: str) -> str:
    """A regular expression for one character, as it is or escaped, or escaped again up to three times."""
    code = ord(char)
    utf8, utf16 = (char.encode(code, "surrogatepass").hex() for code in ("utf-8", "utf-16-be"))
    ways = [
        "".join(f"%(?:25){{0,3}}{_hex(utf8[at : at + 2])}" for at in range(0, len(utf8), 2)),
        "".join(rf"\\{{1,8}}u{_hex(utf16[at : at + 4])}" for at in range(0, len(utf16), 4)),
    ]
    if char == " ":
        ways.append(r"\+")  # in forms
    if code < 256:
        ways.append(rf"\\{{1,8}}x{_hex(f'{code:02x}')}")
    if char in _JSON:
        ways.append(rf"\\{{1,8}}{_JSON[char]}")
    name = "apos" if char == "'" else codepoint2name.get(code)
    named = f"|{name};" if name else ""
    ways.append(f"&(?:amp;){{0,3}}(?:#(?:0{{0,6}}{code}|[xX]0{{0,6}}{_hex(f'{code:x}')});{named})")
    ways.append(re.escape(char))  # the last, because of the backslash
    return f"(?:{'|'.join(ways)})"


@lru_cache(512)
def pattern(chars: str) -> re.Pattern[str]:
    """Matches these few characters, as they are or escaped."""
    return re.compile("".join(map(unit, chars)))


def _hex(digits: str) -> str:
    """A regular expression for hexadecimal digits in either case."""
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits)
