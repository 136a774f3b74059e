"""The static server, over loopback."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from sparewheel.headless.static import CONTENT_SECURITY_POLICY, StaticServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with something of each kind, and a secret beside it."""
    root = tmp_path / "dist"
    (root / "sub").mkdir(parents=True)
    for name in (
        "index.html",
        "a.js",
        "a.mjs",
        "a.wasm",
        "a.json",
        "a.whl",
        "a.zip",
        "a.yaml",
        "a.d.ts",
        "sub/index.html",
    ):
        (root / name).write_text(name)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


@pytest.fixture
def connection(folder: Path) -> Iterator[HTTPConnection]:
    """An open connection to a server of the folder."""
    with StaticServer(folder) as server:
        client = HTTPConnection("127.0.0.1", int(server.url.rstrip("/").rpartition(":")[2]), timeout=30)
        yield client
        client.close()


def ask(
    connection: HTTPConnection, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[HTTPResponse, bytes]:
    """Make one request and read its body."""
    connection.request(method, path, headers=headers or {})
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/sub/", "text/html; charset=utf-8"),
        ("/a.js", "text/javascript; charset=utf-8"),
        ("/a.mjs", "text/javascript; charset=utf-8"),
        ("/a.wasm", "application/wasm"),
        ("/a.json", "application/json"),
        ("/a.whl", "application/zip"),
        ("/a.zip", "application/zip"),
        ("/a.yaml", "text/plain; charset=utf-8"),
        ("/a.d.ts", "text/plain; charset=utf-8"),
        ("/a.js?v=1#x", "text/javascript; charset=utf-8"),
    ],
)
def test_a_file_comes_with_its_type_and_policy(connection: HTTPConnection, path: str, content_type: str) -> None:
    response, body = ask(connection, path)
    assert response.status == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-cache"
    policed = content_type.startswith(("text/html", "text/javascript"))
    assert response.headers["Content-Security-Policy"] == (CONTENT_SECURITY_POLICY if policed else None)
    assert int(response.headers["Content-Length"]) == len(body) > 0


HASH = "0123456789abcdef"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", b"as br"),
        ("gzip;q=1.0, deflate", "gzip", b"as gzip"),
        ("identity", None, b"a.js"),
        ("", None, b"a.js"),
    ],
)
def test_a_file_is_sent_in_the_best_form_that_lies_beside_it(
    connection: HTTPConnection, folder: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    (folder / "a.js.br").write_bytes(b"as br")
    (folder / "a.js.gz").write_bytes(b"as gzip")
    response, received = ask(connection, "/a.js", headers={"Accept-Encoding": accepted})
    assert (response.headers["Content-Encoding"], received) == (encoding, body)
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert response.headers["Vary"] == ("Accept-Encoding" if encoding else None)
    tag = response.headers["ETag"]
    assert ask(connection, "/a.js", headers={"Accept-Encoding": accepted, "If-None-Match": tag})[0].status == 304
    assert ask(connection, "/a.css", headers={"Accept-Encoding": accepted})[0].status == 404


def test_the_forms_of_a_file_have_different_tags(connection: HTTPConnection, folder: Path) -> None:
    (folder / "a.js.br").write_bytes(b"a.js")
    os.utime(folder / "a.js.br", ns=(1, 1))
    os.utime(folder / "a.js", ns=(1, 1))
    tags = {ask(connection, "/a.js", headers={"Accept-Encoding": word})[0].headers["ETag"] for word in ("br", "")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    ("path", "for_ever"),
    [
        (f"a.{HASH}.wasm", True),
        (f"core-{HASH}/a.mjs", True),
        (f"a-1.0-0_{HASH}-py3-none-any.whl", True),
        ("a.wasm", False),
        (f"a{HASH}.js", False),
        (f"a.{HASH}0.js", False),
    ],
)
def test_what_has_a_hash_in_its_name_is_kept_for_ever(
    connection: HTTPConnection, folder: Path, path: str, for_ever: bool
) -> None:
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text("x")
    expected = "public, max-age=31536000, immutable" if for_ever else "no-cache"
    assert ask(connection, f"/{path}")[0].headers["Cache-Control"] == expected
    assert ask(connection, f"/none-{path}")[0].headers["Cache-Control"] == "no-cache"


def test_head_has_the_headers_and_no_body(connection: HTTPConnection) -> None:
    response, body = ask(connection, "/a.wasm", "HEAD")
    assert (response.status, response.headers["Content-Length"], body) == (200, "6", b"")
    assert ask(connection, "/a.wasm")[1] == b"a.wasm"


def test_an_unchanged_file_is_not_sent_again(connection: HTTPConnection, folder: Path) -> None:
    tag = ask(connection, "/a.js")[0].headers["ETag"]
    response, body = ask(connection, "/a.js", headers={"If-None-Match": tag})
    assert (response.status, body, response.headers["ETag"]) == (304, b"", tag)
    (folder / "a.js").write_text("changed")
    response, body = ask(connection, "/a.js", headers={"If-None-Match": tag})
    assert (response.status, body) == (200, b"changed")


@pytest.mark.parametrize(
    "path",
    [
        "/missing.js",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/sub/../../secret.txt",
        "/link.txt",
        "/%00",
        "//etc/passwd",
        "/a.js/",
        "/a.js/x",
        pytest.param(f"/{'x' * 5000}", id="too-long"),
        "/..",
    ],
)
def test_what_is_not_in_the_folder_is_not_found(connection: HTTPConnection, path: str) -> None:
    response, body = ask(connection, path)
    assert (response.status, body) == (404, b"not found\n")
    assert ask(connection, "/a.js")[0].status == 200


@pytest.mark.parametrize("path", ["/sub", "//sub"])
def test_a_folder_without_its_slash_redirects_on_this_host(connection: HTTPConnection, path: str) -> None:
    response, _ = ask(connection, path)
    assert (response.status, response.headers["Location"]) == (301, "/sub/")


def test_other_methods_are_refused(connection: HTTPConnection) -> None:
    assert ask(connection, "/a.js", "POST")[0].status == 501


def test_requests_leave_the_console_alone(connection: HTTPConnection, capfd: pytest.CaptureFixture[str]) -> None:
    ask(connection, "/a.js")
    ask(connection, "/missing")
    assert capfd.readouterr() == ("", "")


def test_a_taken_port_is_an_oserror(folder: Path) -> None:
    with StaticServer(folder) as server, pytest.raises(OSError, match="in use"):
        StaticServer(folder, int(server.url.rstrip("/").rpartition(":")[2]))


def test_a_closed_server_gives_its_port_back(folder: Path) -> None:
    with StaticServer(folder) as server:
        port = int(server.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    with StaticServer(folder, port) as again:
        assert again.url == f"http://127.0.0.1:{port}/"
