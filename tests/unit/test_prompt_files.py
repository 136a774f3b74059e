"""Files of a prompt: what is taken, how each wire format has them, and that they are stored with the conversation."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from sparewheel.errors import ConfigError
from sparewheel.files import MAX_BYTES, MAX_PARTS, MAX_TEXT, File, read_file, tidy_name
from sparewheel.messages import Image, Message, Text, parse_messages, parse_prompt
from sparewheel.providers.history import prepare
from sparewheel.state.journal.compaction import dump_bounded
from sparewheel.state.journal.stored_messages import dump_message, load_message
from sparewheel.testing import openai_chat
from tests.support.fakeloop import run
from tests.support.gemini_wire import contents
from tests.support.workerpage import ANSWER, KEY, YAML, Page
from tests.unit.test_anthropic_request import said
from tests.unit.test_openai_chat_request import asked as asked_of_chat
from tests.unit.test_openai_chat_request import spec as chat_spec
from tests.unit.test_openai_responses_request import asked as asked_of_responses

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PDF = b"%PDF-1.7\n" + bytes(8)


def part(content: bytes, name: str = "", mime_type: str = "") -> dict[str, Any]:
    return {"type": "file", "file": {"name": name, "mime_type": mime_type, "data": b64encode(content).decode()}}


@pytest.mark.parametrize(
    ("content", "declared", "mime_type", "text"),
    [
        (PNG, "image/png", "image/png", ""),
        (PNG, "text/plain", "image/png", ""),
        (b"\xff\xd8\xff" + bytes(4), "", "image/jpeg", ""),
        (b"GIF89a" + bytes(4), "", "image/gif", ""),
        (b"RIFF\0\0\0\0WEBPVP8 ", "", "image/webp", ""),
        (PDF, "application/octet-stream", "application/pdf", ""),
        (b"a,b\n1,2\n", "text/csv;charset=utf-8", "text/csv", "a,b\n1,2\n"),
        (b"\xef\xbb\xbfh\xc3\xa4", "TEXT/Markdown", "text/markdown", "h\u00e4"),
        (b"<svg onload='x'/>", "image/svg+xml", "image/svg+xml", "<svg onload='x'/>"),
        (b"not a picture", "image/png", "text/plain", "not a picture"),
        (b"def f(): ...", '"><script>', "text/plain", "def f(): ..."),
    ],
)
def test_the_kind_is_read_from_the_bytes(content: bytes, declared: str, mime_type: str, text: str) -> None:
    file = read_file(part(content, "a", declared)["file"])
    assert (file.mime_type, file.text, bool(file.data)) == (mime_type, text, not text)
    assert file.size == len(content if file.data else text.encode())


@pytest.mark.parametrize(
    "file",
    [
        None,
        "data",
        {},
        {"data": ""},
        {"data": "?"},
        {"data": "AAA\u00e4"},
        {"data": 7},
        {"data": "QUI=", "name": 7},
        {"text": ""},
        {"text": ["x"]},
        {"text": "x\0y"},
        {"text": "x" * (MAX_TEXT + 1)},
        part(bytes(9))["file"],
        part(b"PK\x03\x04\xff\xfe")["file"],
        part(b"ID3" + bytes(9), "song.mp3", "audio/mpeg")["file"],
        part(b"....ftypavif" + bytes(9), "a.avif")["file"],
        part("h\u00e4".encode("utf-16"))["file"],
    ],
)
def test_what_cannot_be_sent_is_one_clear_error(file: Any) -> None:
    with pytest.raises(ConfigError, match=r"^prompt\[1\]\.file.* cannot be sent: .*\.$"):
        parse_prompt([{"type": "text", "text": "See"}, {"type": "file", "file": file}])


def test_a_prompt_is_limited() -> None:
    text = {"type": "text", "text": "x"}
    assert len(parse_prompt([text] * MAX_PARTS).parts) == MAX_PARTS
    for parts in ([], [text] * (MAX_PARTS + 1)):
        with pytest.raises(ConfigError, match="parts are not between 1 and 32"):
            parse_prompt(parts)
    half = part(PNG + bytes(MAX_BYTES // 2 - len(PNG)))
    assert len(parse_prompt([half, half]).files) == 2
    with pytest.raises(ConfigError, match=r"8\.0 MB exceed the limit of 8 MB"):
        parse_prompt([half, half, part(PDF)])
    with pytest.raises(ConfigError, match="larger than 8 MB"):
        parse_prompt([part(PNG + bytes(MAX_BYTES))])
    with pytest.raises(ConfigError, match=r"9\.0 MB exceed"):
        parse_prompt([{"type": "image_url", "image_url": "data:image/png;base64," + "A" * (12 * 1024 * 1024)}])


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a b.txt", "a b.txt"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("a\n\x00\tb.png", "a b.png"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("x" * 300 + ".tar.gz", "x" * 87 + "\u2026" + "xxxxx.tar.gz"),
        ("\ud800.txt", ".txt"),
        ("", ""),
    ],
)
def test_names_are_no_paths_and_can_be_read(name: str, tidy: str) -> None:
    assert tidy_name(name) == tidy


def test_only_prompts_have_files() -> None:
    for role, more in (("assistant", {}), ("system", {}), ("tool", {"tool_call_id": "c"})):
        with pytest.raises(ConfigError, match="only a message with the role user can have files"):
            parse_messages([{"role": role, "content": [part(PNG)], **more}])


PROMPT = parse_prompt([{"type": "text", "text": "See"}, part(PNG, "a.png"), part(PDF, "b.pdf"), part(b"1,2", "c.csv")])
AS_TEXT = "File c.csv:\n```\n1,2\n```"


def test_prompts_survive_the_shape_of_pages_and_the_stored_one() -> None:
    [again] = parse_messages(json.loads(json.dumps([PROMPT.to_dict()])))
    assert again == PROMPT
    assert load_message(json.loads(json.dumps(dump_message(PROMPT)))) == PROMPT
    assert [shape.get("size") for shape in (each["file"] for each in PROMPT.to_dict()["content"][1:])] == [16, 17, 3]


def test_a_record_that_would_be_too_large_has_names_only() -> None:
    large = Message("user", (Text("See"), *(File("image/png", "a.png", data="A" * 7_000_000) for _ in range(2))))
    [_, *files] = load_message(dump_bounded(large)).parts
    assert files == [File("image/png", "a.png")] * 2
    [message] = prepare([Message("user", (*files,))], "x/y")
    assert message.text == "\n\n".join(["[File a.png, image/png: its content is no longer available]"] * 2)


def test_stored_files_are_not_trusted() -> None:
    for file in ({"data": "?"}, {"text": "x\0"}, {"text": "x" * (MAX_TEXT + 1)}):
        with pytest.raises(ValueError, match=r"."):
            load_message({"role": "user", "parts": [{"type": "file", "mime_type": "image/png", **file}]})
    with pytest.raises(ValueError, match="no prompt has a file"):
        load_message({"role": "assistant", "parts": [{"type": "file", "mime_type": "text/plain", "text": "x"}]})


def test_texts_of_a_prompt_are_apart_where_only_one_text_is_sent() -> None:
    prompt = Message("user", (File("text/plain", "a.txt", text="x"), Text("See"), Text("Why?")))
    together = "File a.txt:\n```\nx\n```\n\nSee\n\nWhy?"
    assert asked_of_chat(chat_spec(), [prompt])["messages"][0]["content"] == together
    assert Message("assistant", (Text("Half"), Text(" and half"))).text == "Half and half"


def test_each_wire_format_has_pictures_documents_and_texts() -> None:
    png, pdf = (b64encode(content).decode() for content in (PNG, PDF))
    [(_, blocks)] = said(PROMPT)
    assert blocks == [
        {"type": "text", "text": "See"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": png}},
        {
            "type": "document",
            "title": "b.pdf",
            "source": {"type": "base64", "media_type": "application/pdf", "data": pdf},
        },
        {"type": "text", "text": AS_TEXT},
    ]
    assert asked_of_responses([PROMPT])["input"][0]["content"] == [
        {"type": "input_text", "text": "See"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{png}", "detail": "auto"},
        {"type": "input_file", "filename": "b.pdf", "file_data": f"data:application/pdf;base64,{pdf}"},
        {"type": "input_text", "text": AS_TEXT},
    ]
    file = {"filename": "b.pdf", "file_data": f"data:application/pdf;base64,{pdf}"}
    assert asked_of_chat(chat_spec(), [PROMPT])["messages"][0]["content"] == [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{png}"}},
        {"type": "file", "file": file},
        {"type": "text", "text": AS_TEXT},
    ]
    assert contents(PROMPT)[0]["parts"] == [
        {"text": "See"},
        {"inlineData": {"mimeType": "image/png", "data": png}},
        {"inlineData": {"mimeType": "application/pdf", "data": pdf}},
        {"text": AS_TEXT},
    ]


def test_the_fence_of_a_text_is_longer_than_any_in_it() -> None:
    assert File("text/plain", "a.md", text="```\nx\n````").as_text().endswith("\n`````")


def test_a_page_sends_parts_which_are_stored_and_exported_without_keys() -> None:
    async def main() -> None:
        page = Page({"a": [ANSWER, openai_chat(text="Again")]})
        await page.open()
        prompt = [part(PNG, "a.png"), part(f"my key is {KEY}".encode(), "notes.txt")]
        sent = await page.call("send", session="s", prompt=prompt)
        assert sent["result"]["message"]["content"] == "Answer"
        request = json.loads(page.transport.requests[0].body)["messages"][-1]["content"]
        assert [each["type"] for each in request] == ["image_url", "text"]
        [row] = (await page.call("list_sessions"))["result"]
        assert row["title"] == "a.png, notes.txt"
        document = (await page.call("export_session", id=row["id"]))["result"]
        markdown = (await page.call("export_session", id=row["id"], format="markdown"))["result"]
        assert "[a.png, image/png]" in markdown
        assert KEY not in json.dumps(document) + markdown + "".join(page.said)
        assert b64encode(PNG).decode() in json.dumps(document)
        assert all(b64encode(PNG).decode() not in json.dumps(event) for event in page.events("s"))
        again = Page({"a": [openai_chat(text="Again")]})
        await again.call("import_session", document=document)
        opened = {"session": "t", "id": row["id"], "yaml": YAML, "env": {"OPENAI_API_KEY": KEY}}
        await again.call("open_session", **opened)
        [shown, _] = (await again.call("messages", session="t"))["result"]
        assert [each["file"]["name"] for each in shown["content"]] == ["a.png", "notes.txt"]
        await again.call("send", session="t", prompt="And?")
        [first, *_] = json.loads(again.transport.requests[0].body)["messages"]
        assert first["content"][0]["image_url"]["url"].startswith("data:image/png;base64,")

    run(main())


def test_images_of_addresses_stay_what_they_were() -> None:
    prompt = parse_prompt([{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}])
    assert prompt.parts == (Image("https://x.test/a.png"),)
