"""Media in answers: what counts as one, of which type, and how messages hold it."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from sparewheel.annotations import Annotation
from sparewheel.errors import ConfigError
from sparewheel.media import MAX_SIZE, UNKNOWN, Media, mime_type, read_media
from sparewheel.messages import Message, Text, parse_messages
from sparewheel.providers.assembly import MAX_MEDIA, Assembly

PNG = b"\x89PNG\r\n\x1a\n" + b"\xfb\xff\xfe"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("image/png", "image/png"),
        ("IMAGE/JPG; q=1", "image/jpeg"),
        ("webp", "image/webp"),
        ("mp3", "audio/mpeg"),
        ("audio/x-wav", "audio/wav"),
        ("pdf", "application/pdf"),
        *((kind, UNKNOWN) for kind in ("", "svg", "image/svg+xml", "text/html", "html", "application/xhtml+xml", "/")),
    ],
)
def test_types_are_those_of_a_list(declared: str, expected: str) -> None:
    assert mime_type(declared) == expected
    assert read_media(b"<svg onload=alert(1)>", declared).mime_type == expected


def test_the_first_bytes_tell_more_than_the_server() -> None:
    assert read_media(PNG, "text/html").mime_type == "image/png"
    assert read_media(b"\xff\xd8\xff\xe0", "image/png").mime_type == "image/jpeg"


def test_base64_of_any_kind_is_read_and_kept_regular() -> None:
    regular = base64.b64encode(PNG).decode()
    urlsafe = base64.urlsafe_b64encode(PNG).decode().rstrip("=")
    for text in (regular, urlsafe, f"{regular[:5]}\n {regular[5:]}", regular.rstrip("=")):
        assert read_media(text) == Media("image/png", regular, len(PNG))


@pytest.mark.parametrize("text", ["", "=", "a", "javascript:alert(1)", "ä", "a*b=", "\ud800"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|no bytes"):
        read_media(text, "image/png")


def test_the_size_is_limited_before_anything_is_decoded() -> None:
    for data in ("A" * (2 * MAX_SIZE), b"A" * (MAX_SIZE + 1)):
        with pytest.raises(ValueError, match="larger than 16 MB"):
            read_media(data, "image/png")


def test_samples_without_a_header_become_a_wav_file() -> None:
    media = read_media(b"\1\0\2\0", "audio/L16; rate=16000")
    content = base64.b64decode(media.data)
    assert (media.mime_type, media.size) == ("audio/wav", 48)
    assert struct.unpack("<4sI4s4sIHHIIHH4sI", content[:44]) == (
        *(b"RIFF", 40, b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16, b"data", 4),
    )
    assert content[44:] == b"\1\0\2\0"


def test_bad_and_too_many_media_are_warnings() -> None:
    assembly = Assembly("p/m")
    assembly.media("?", "image/png")
    for number in range(MAX_MEDIA + 3):
        assembly.media(PNG + bytes([number]))
    told: list[Any] = assembly.drain()
    assert [event["type"] for event in told] == ["warning", *["media"] * MAX_MEDIA, "warning"]
    assert told[0]["message"] == "p/m sent media that cannot be shown: it is not valid base64."
    assert [event["index"] for event in told[1:-1]] == list(range(MAX_MEDIA))


def test_media_end_the_text_before_them() -> None:
    assembly = Assembly("p/m")
    assembly.text("See:")
    assembly.media(PNG)
    assembly.text("Done.")
    assembly.close_all()
    assert [(event["type"], event.get("index")) for event in assembly.drain()] == [
        *(("block_start", 0), ("delta", 0), ("block_end", 0), ("media", 1)),
        *(("block_start", 2), ("delta", 2), ("block_end", 2)),
    ]
    assert not assembly.empty


def test_messages_keep_media_in_their_json() -> None:
    message = Message("assistant", (Text("See:"), read_media(PNG), Media("image/gif", url="https://x.test/a.gif")))
    shape = message.to_dict()
    assert shape == {
        "role": "assistant",
        "content": "See:",
        "media": [
            {"mime_type": "image/png", "size": len(PNG), "data": base64.b64encode(PNG).decode()},
            {"mime_type": "image/gif", "size": None, "url": "https://x.test/a.gif"},
        ],
    }
    assert parse_messages([shape]) == [message]


def test_messages_keep_annotations_in_their_json() -> None:
    notes = (Annotation("citation", "https://x.test/", "X", "quote", span=(0, 2)), Annotation("search", query="tides"))
    message = Message("assistant", (Text("At six."),), annotations=notes)
    shape = message.to_dict()
    assert shape["annotations"] == [
        {"kind": "citation", "url": "https://x.test/", "title": "X", "quote": "quote", "span": [0, 2]},
        {"kind": "search", "query": "tides"},
    ]
    assert parse_messages([shape]) == [message]
    assert parse_messages(
        [shape | {"annotations": [1, {"kind": "x"}, {}, {"kind": "source", "span": "?", "url": 7}]}]
    ) == [Message("assistant", (Text("At six."),), annotations=(Annotation("source"),))]


def test_only_answers_have_media() -> None:
    media = [{"mime_type": "image/png", "data": "iVBORw0KGgo="}]
    with pytest.raises(ConfigError, match=r"messages\[0\]\.media is for answers"):
        parse_messages([{"role": "user", "content": "x", "media": media}])


@pytest.mark.parametrize(
    "media",
    [
        {},
        "x",
        {"mime_type": "image/png"},
        {"mime_type": 1, "data": "AAAA"},
        {"mime_type": "image/png", "url": "javascript:x"},
    ],
)
def test_media_of_another_shape_are_refused(media: object) -> None:
    with pytest.raises(ConfigError, match=r"messages\[0\]\.media\[0\]"):
        parse_messages([{"role": "assistant", "content": "", "media": [media]}])
