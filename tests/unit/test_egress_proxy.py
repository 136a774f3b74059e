"""The reference egress proxy of `runtime/examples`, asked by the runtime's own client."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from sparewheel.tools.base import ToolError
from sparewheel.tools.web.addresses import AddressRules
from sparewheel.tools.web.requests import Answer, Ask, Web
from sparewheel.transports.base import HttpRequest, HttpResponse, Url
from sparewheel.transports.egress import EgressTransport
from sparewheel.transports.native import NativeTransport

PAGE = "https://page.example"
PUBLIC = "93.184.216.34"


def load() -> Any:
    path = Path(__file__).resolve().parents[2] / "runtime" / "examples" / "egress_proxy.py"
    spec = importlib.util.spec_from_file_location("egress_proxy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass
class Target:
    """What the internet is in these tests: one server, and the names that lead to it. `seen` are its requests."""

    names: dict[str, list[str]] = field(default_factory=lambda: {"target.example": [PUBLIC]})
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    proxy: str = ""
    port: int = 0


class Page(NativeTransport):
    """Sends what a browser adds to the requests of a page."""

    def __init__(self, origin: str = PAGE) -> None:
        super().__init__()
        self.added = {"Origin": origin, "Referer": f"{origin}/", "Cookie": "a=b", "Sec-Fetch-Mode": "cors"}

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:  # type: ignore[override]  # a plain generator is enough
        async with super().stream(replace(request, headers={**request.headers, **self.added})) as response:
            yield response


def running(server: ThreadingHTTPServer) -> threading.Thread:
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    return thread


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    target, module = Target(), load()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            target.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, headers, content = target.answers.get(self.path, (200, {}, b"there"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        if host not in target.names:
            raise socket.gaierror
        return [(None, None, None, None, (address, port)) for address in target.names[host]]

    real = socket.create_connection

    def dial(address: tuple[str, int], *rest: Any) -> socket.socket:
        target.dialled.append(address[0])
        return real(("127.0.0.1", target.port), *rest)

    class Plain:
        """In the place of TLS."""

        @staticmethod
        def wrap_socket(plain: socket.socket, server_hostname: str) -> socket.socket:
            assert server_hostname in target.names
            return plain

    class Network:
        """The names of the module `socket` that the proxy uses."""

        SOCK_STREAM = socket.SOCK_STREAM
        getaddrinfo = staticmethod(look_up)
        create_connection = staticmethod(dial)

    monkeypatch.setattr(module, "socket", Network)
    monkeypatch.setattr(module, "TLS", Plain)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler), module.serve([PAGE], 0)]
    threads = [running(server) for server in servers]
    target.port, port = (server.server_address[1] for server in servers)
    target.proxy = f"http://127.0.0.1:{port}/"
    yield target
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def client(target: Target, origin: str = PAGE) -> Web:
    address = Url("http", "127.0.0.1", int(target.proxy.rpartition(":")[2].strip("/")), "/", "")
    return Web(EgressTransport(Page(origin), address), AddressRules())


async def sent(target: Target, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    return await client(target).send(Ask(method, url, headers, body))


async def test_a_request_arrives_as_the_tool_has_written_it(target: Target) -> None:
    answer = await sent(target, "https://target.example/a?b=c%20d", "POST", b"{}", Authorization="key", Accept="x/y")
    assert (answer.status, answer.body, answer.url) == (200, b"there", "https://target.example/a?b=c%20d")
    [(method, path, headers, body)] = target.seen
    assert (method, path, body) == ("POST", "/a?b=c%20d", b"{}")
    assert headers["host"] == "target.example"
    assert (headers["authorization"], headers["accept"], headers["accept-encoding"]) == ("key", "x/y", "identity")
    assert headers.keys().isdisjoint({"origin", "referer", "cookie", "sec-fetch-mode"})
    assert target.dialled == [PUBLIC]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_by_the_runtime_only(target: Target, status: int) -> None:
    target.names["other.example"] = [PUBLIC]
    target.answers["/a"] = (status, {"Location": "https://other.example/b"}, b"")
    answer = await sent(target, "https://target.example/a", Authorization="key")
    assert (answer.url, answer.body) == ("https://other.example/b", b"there")
    assert [(path, headers.get("authorization")) for _, path, headers, _ in target.seen] == [
        ("/a", "key"),
        ("/b", None),
    ]


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.1"], ["172.16.0.1"], ["192.168.1.1"], ["169.254.169.254"], ["100.64.0.1"], ["0.0.0.0"],
        ["224.0.0.1"], ["::1"], ["::"], ["fe80::1%eth0"], ["fd00::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"], ["ff02::1"], ["::7f00:1"], [PUBLIC, "10.0.0.1"],
    ],
    ids=str,
)  # fmt: skip
async def test_a_name_of_a_private_network_is_refused(target: Target, addresses: list[str]) -> None:
    target.names["target.example"] = addresses
    answer = await sent(target, "https://target.example/")
    assert (answer.status, answer.body) == (403, b"egress proxy: the host is in a private network\n")
    assert target.dialled == []


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("", 403, "must be an https address"),
        ("?url=http://target.example/", 403, "must be an https address"),
        ("?url=https://me@target.example/", 403, "must be an https address"),
        ("?url=https://target.example/%0d%0aX: y", 403, "must be an https address"),
        ("?url=https://target.example/&url=https://target.example/", 403, "must be an https address"),
        ("?url=https://[x/", 403, "is not valid"),
        ("?url=https://target.example:99999/", 403, "is not valid"),
        ("?url=https://unknown.example/", 403, "the host is not known"),
    ],
)
async def test_other_targets_are_refused(target: Target, query: str, status: int, text: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(target.proxy + query, headers={"Origin": PAGE})
    assert answer.status_code == status
    assert text in answer.text
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert target.dialled == []


async def test_other_pages_may_not_ask(target: Target) -> None:
    answer = await client(target, "https://evil.example").send(Ask("GET", "https://target.example/"))
    assert (answer.status, answer.body) == (403, b"egress proxy: this page may not ask\n")
    assert target.dialled == []


async def test_a_preflight_is_answered_by_the_proxy(target: Target) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization, mcp-method"}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.options(f"{target.proxy}?url=https://target.example/", headers={"Origin": PAGE, **asked})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "authorization, mcp-method"
    assert target.dialled == []


async def test_what_the_target_says_of_cors_and_cookies_is_not_passed_on(target: Target) -> None:
    theirs = {"Set-Cookie": "a=b", "Access-Control-Allow-Origin": "*", "X-Docker-Agent-Location": "x", "X-Own": "1"}
    target.answers["/"] = (200, theirs, b"")
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{target.proxy}?url=https://target.example/", headers={"Origin": PAGE})
    assert answer.headers.get_list("access-control-allow-origin") == [PAGE]
    assert "set-cookie" not in answer.headers
    assert "x-docker-agent-location" not in answer.headers
    assert "X-Own" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("header", ["Content-Length: 5000000", "Content-Length: x", "Transfer-Encoding: chunked"])
async def test_a_body_that_is_too_large_is_refused(target: Target, header: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(target.proxy.rpartition(":")[2].strip("/")))
    writer.write(f"POST /?url=https://target.example/ HTTP/1.1\r\nOrigin: {PAGE}\r\n{header}\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith("HTTP/1.0 403 ")
    assert "4194304 bytes at most" in answer
    assert target.dialled == []


async def test_a_target_that_does_not_answer_is_told(target: Target) -> None:
    target.port = 1
    answer = await sent(target, "https://target.example/")
    assert (answer.status, answer.body) == (502, b"egress proxy: the host gave no answer\n")


async def test_an_answer_that_was_cut_is_noticed(target: Target) -> None:
    target.answers["/"] = (200, {"Content-Length": "9"}, b"whole it.")
    assert (await sent(target, "https://target.example/")).body == b"whole it."
    target.answers["/"] = (200, {"Content-Length": "900"}, b"the start")
    with pytest.raises(ToolError):
        await sent(target, "https://target.example/")


async def test_private_addresses_are_refused_before_the_proxy_is_asked(target: Target) -> None:
    with pytest.raises(ToolError, match="private network"):
        await sent(target, "https://127.0.0.1/")
    assert target.seen == []
