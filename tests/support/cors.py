"""Servers that allow web pages in wrong ways, and what a page has to be told of each.

One table for the rules of the fetch standard in Python (`SimulatedPage`, in unit tests) and for browsers, which ask a
`CorsServer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from sparewheel.transports.base import HttpRequest
from sparewheel.transports.refusals import SIMPLE_METHODS, Reach, Reading, preflighted
from tests.support.localserver import Handler, LocalServer

PAGE: Final = "https://page.example"
KEY: Final = "key-of-the-target-0123456789"


@dataclass(frozen=True)
class Says:
    """An answer. `{origin}` in a value is the page's. A list is a header that is sent several times.

    `status` 0: the connection is closed without an answer.
    """

    status: int = 200
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def allowed(status: int = 200, origin: str = "{origin}", **more: str) -> Says:
    return Says(status, {"Access-Control-Allow-Origin": origin, **_named(more)})


def asked(status: int = 204, origin: str = "{origin}", **more: str) -> Says:
    """The answer to a preflight that allows what the requests of the table need."""
    headers = {"allow_methods": "GET, POST, PUT, PATCH, DELETE", "allow_headers": "authorization, content-type, x-team"}
    return allowed(status, origin, **{**headers, **more})


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """`allow_headers` is Access-Control-Allow-Headers; other names are as they are."""
    long = {name: f"Access-Control-{name.replace('_', '-').title()}" for name in headers if name.startswith("allow_")}
    return {long.get(name, name.replace("_", "-")): value for name, value in headers.items()}


ASKED: Final = asked()
ALLOWED: Final = allowed()


@dataclass(frozen=True)
class Case:
    """A server at `/name`, a request, and the sentence about it: its parts, none if the call works.

    `answer`: to the request; `get`: to a GET of a page that looks for the reason (None: as `answer`); `keyed`: to one
    with an Authorization (None: as `get`).
    """

    name: str
    parts: tuple[str, ...] = ()
    preflight: Says = ASKED
    answer: Says = ALLOWED
    get: Says | None = None
    keyed: Says | None = None
    method: str = "POST"
    headers: tuple[str, ...] = ("authorization", "content-type")
    may_work: bool = False  # in a browser that does not keep to the standard

    def request(self, base: str) -> HttpRequest:
        values = {"authorization": f"Bearer {KEY}", "content-type": "application/json", "x-team": "red"}
        headers = {name: values[name] for name in self.headers}
        return HttpRequest(
            self.method, f"{base}/{self.name}", headers, b"" if self.method == "GET" else b"{}", explain=True
        )

    def reply(self, method: str, headers: Mapping[str, str]) -> Says:
        if method == "OPTIONS":
            return self.preflight
        if method == "GET" and self.keyed is not None and "authorization" in headers:
            return self.keyed
        return self.get if self.get is not None and method == "GET" else self.answer


ALLOW_ORIGIN = "Access-Control-Allow-Origin: {origin} or *"
ALLOW_METHODS = "Access-Control-Allow-Methods: "
ALLOW_HEADERS = "Access-Control-Allow-Headers: "
PREFLIGHT = "does not answer the browser's preflight (OPTIONS) as it must: with status 2xx, no redirect, "
BOTH = "authorization, content-type"
NONE = Says()
READ = ("does not let this page read its answers (CORS): each must have " + ALLOW_ORIGIN,)
ALSO = (*READ, "Its answer to the preflight (OPTIONS) must have it as well", ALLOW_HEADERS + BOTH)
ASKS = (PREFLIGHT + ALLOW_ORIGIN, ALLOW_HEADERS + BOTH)
AUTHORIZATION = ALLOW_HEADERS + "authorization (by name"
LACKS = ("does not allow a header of the request (CORS)",)
POSTED = ("does not let this page read its answer to POST (CORS)", ALLOW_ORIGIN)
PUT = ("its answer to PUT, errors too, " + ALLOW_ORIGIN,)
MOVED = ("redirects this address", "name the address that it leads to")


def simple(name: str, parts: tuple[str, ...] = (), answer: Says = ALLOWED) -> Case:
    """A request that needs no preflight."""
    return Case(name, parts, answer=answer, method="GET", headers=())


def moves(status: int, headers: Mapping[str, str | Sequence[str]] = ALLOWED.headers) -> Says:
    return Says(status, {**headers, "Location": "/works"})


CREDENTIALS: Final[dict[str, Any]] = {"allow_credentials": "true"}
CORP: Final = {"Cross-Origin-Resource-Policy": "same-origin"}
TWICE: Final = {"Access-Control-Allow-Origin": ["*", "*"]}
CASES: Final[tuple[Case, ...]] = (
    # What works, although it looks odd.
    Case("works"),
    Case("works-wildcard", preflight=asked(origin="*"), answer=allowed(origin="*")),
    Case("works-preflight-200", preflight=asked(200)),
    Case("works-error-with-cors", answer=allowed(404), parts=("HTTP 404",)),
    Case("works-401-with-cors", answer=allowed(401), parts=("HTTP 401",)),
    Case("works-get-405", get=Says(405)),
    Case("works-credentials-wildcard", preflight=asked(origin="*", **CREDENTIALS), answer=allowed(origin="*")),
    Case("works-credentials-allowed", preflight=asked(**CREDENTIALS), answer=allowed(**CREDENTIALS)),
    Case("works-methods-empty", preflight=asked(allow_methods="")),
    Case("works-headers-case", preflight=asked(allow_headers="AUTHORIZATION,Content-TYPE")),
    simple("works-simple"),
    Case("works-put", method="PUT"),
    Case("works-methods-wildcard", method="DELETE", preflight=asked(allow_methods="*")),
    Case("works-headers-wildcard", headers=("x-team",), preflight=asked(allow_headers="*")),
    # No answer is readable.
    simple("nothing-simple", READ, answer=NONE),
    Case("nothing", ALSO, preflight=NONE, answer=NONE),
    Case("nothing-404", ALSO, preflight=Says(404), answer=Says(404)),
    Case("nothing-401", ALSO, preflight=Says(401), answer=Says(401)),
    Case("preflight-only", ALSO, answer=NONE),
    simple("other-origin", READ, answer=allowed(origin="https://elsewhere.example")),
    simple("origin-null", READ, answer=allowed(origin="null")),
    simple("origin-with-slash", READ, answer=allowed(origin="{origin}/")),
    simple("origin-list", READ, answer=allowed(origin="{origin}, https://b.example")),
    simple("origin-empty", READ, answer=allowed(origin="")),
    simple("origin-no-scheme", READ, answer=allowed(origin="127.0.0.1")),
    simple("origin-pattern", READ, answer=allowed(origin="http://*")),
    simple("origin-twice", (*READ, "once"), answer=Says(200, TWICE)),
    Case("401-unreadable-get", READ, answer=Says(401), method="GET", headers=("authorization",)),
    simple("corp-without-cors", ("must send " + ALLOW_ORIGIN,), answer=Says(200, CORP)),
    # The preflight.
    Case("preflight-404", ASKS, preflight=Says(404)),
    Case("preflight-405", ASKS, preflight=asked(405)),
    Case("preflight-401", ASKS, preflight=asked(401)),
    Case("preflight-500", ASKS, preflight=asked(500)),
    Case("preflight-no-cors", ASKS, preflight=Says(204)),
    Case("preflight-other-origin", ASKS, preflight=asked(origin="https://elsewhere.example")),
    Case("preflight-redirect", ASKS, preflight=moves(308, ASKED.headers)),
    Case("preflight-redirect-302", ASKS, preflight=moves(302, ASKED.headers)),
    Case("preflight-closes", ASKS, preflight=Says(0)),
    Case("preflight-origin-twice", ASKS, preflight=Says(204, {**ASKED.headers, **TWICE})),
    # Headers.
    Case("no-headers", ASKS, preflight=allowed(204)),
    Case("no-authorization", (*LACKS, AUTHORIZATION), preflight=asked(allow_headers="content-type")),
    Case("no-content-type", (*LACKS, ALLOW_HEADERS + "content-type."), preflight=asked(allow_headers="Authorization")),
    Case("no-x-team", (*LACKS, "x-team."), headers=("authorization", "x-team"), preflight=asked(allow_headers=BOTH)),
    Case("headers-semicolons", ASKS, preflight=asked(allow_headers="authorization; content-type")),
    Case("headers-prefix", (PREFLIGHT, "x-team"), headers=("x-team",), preflight=asked(allow_headers="x-*")),
    Case("headers-wildcard", (*LACKS, AUTHORIZATION), preflight=asked(allow_headers="*"), may_work=True),
    Case("get-no-x-team", (*LACKS, "x-team"), method="GET", headers=("x-team",), preflight=asked(allow_headers=BOTH)),
    # Methods.
    Case("no-put", (ALLOW_METHODS + "PUT",), method="PUT", preflight=asked(allow_methods="GET, POST")),
    Case("no-delete", (ALLOW_METHODS + "DELETE",), method="DELETE", headers=(), preflight=allowed(204)),
    Case("no-patch", (ALLOW_METHODS + "PATCH",), method="PATCH", preflight=asked(allow_methods="POST, patch")),
    Case("put-preflight-404", (PREFLIGHT, ALLOW_METHODS + "PUT"), method="PUT", preflight=Says(404)),
    Case("put-unreadable", PUT, method="PUT", answer=NONE, get=allowed()),
    # The answer to the request itself.
    Case("post-401-unreadable", POSTED, answer=Says(401), get=allowed()),
    Case("post-500-unreadable", POSTED, answer=Says(500), get=allowed(405)),
    Case("post-200-unreadable", POSTED, answer=NONE, get=allowed(405)),
    Case("post-closes", POSTED, answer=Says(0), get=allowed()),
    # Redirects.
    Case("redirect", MOVED, answer=moves(307)),
    Case("redirect-301", MOVED, answer=moves(301), method="GET", headers=("x-team",)),
    Case("redirect-unreadable", ALSO, answer=moves(307, {})),
    Case("get-redirects", (*LACKS, AUTHORIZATION), preflight=asked(allow_headers="content-type"), get=moves(302)),
    Case("get-redirects-answer", (*MOVED, *POSTED), answer=Says(401), get=moves(302)),
    Case("wrong-key", (*LACKS, AUTHORIZATION, "401 " + ALLOW_ORIGIN), answer=Says(401), get=ALLOWED, keyed=Says(401)),
    # Nothing at all.
    Case("closes", ("could not be reached", ALLOW_ORIGIN), preflight=Says(0), answer=Says(0)),
)  # fmt: skip


class SimulatedPage:
    """`refusals.Probe` of a page before a case, by the rules of the fetch standard."""

    def __init__(
        self, case: Case, origin: str = "https://page.example", online: bool = True, policy: bool = True
    ) -> None:
        self.case = case
        self.origin = origin
        self.online = online
        self.policy = policy  # whether the page's own policy allows the host
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def take(self, method: str, headers: Mapping[str, str]) -> Reading:
        """What a page gets of a request in mode `cors`, with redirects left alone."""
        if not self.policy:
            return "nothing"
        wanted = preflighted(headers)
        if (wanted or method not in SIMPLE_METHODS) and not self._allows(method, wanted):
            return "nothing"
        answer = self.case.reply(method, headers)
        if not answer.status or not self._readable(answer):
            return "nothing"
        return "redirect" if "Location" in answer.headers else "answer"

    def _readable(self, answer: Says) -> bool:
        given = answer.headers.get("Access-Control-Allow-Origin")
        return isinstance(given, str) and given.format(origin=self.origin) in ("*", self.origin)

    def _allows(self, method: str, wanted: Sequence[str]) -> bool:
        answer = self.case.reply("OPTIONS", {})
        if not 200 <= answer.status < 300 or not self._readable(answer):
            return False
        methods = _listed(answer, "Access-Control-Allow-Methods")
        headers = [name.lower() for name in _listed(answer, "Access-Control-Allow-Headers")]
        if method not in (*SIMPLE_METHODS, *methods) and "*" not in methods:
            return False
        return all(name in headers or ("*" in headers and name != "authorization") for name in wanted)

    async def read(self, url: str, headers: Sequence[str] = ()) -> Reading:
        self.asked.append(("GET", tuple(headers)))
        return self.take("GET", dict.fromkeys(headers, "application/json"))

    async def reach(self, url: str) -> Reach:
        self.asked.append(("GET", ()))
        if not self.policy:
            return "policy"
        answer = self.case.reply("GET", {})
        return "silent" if not answer.status or "Cross-Origin-Resource-Policy" in answer.headers else "reached"


def _listed(answer: Says, header: str) -> list[str]:
    value = answer.headers.get(header, "")
    assert isinstance(value, str)
    return [name.strip() for name in value.split(",")]


class CorsServer(LocalServer):
    """All cases on one port. `seen`: what came, as (name of the case, method, headers in lower case, body).

    `/relay` is an egress proxy: the path of the target is the name of one of `relayed`.
    """

    def __init__(self, *relayed: Case) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        cases = {case.name: case for case in (*CASES, *relayed)}
        server = self

        class CorsHandler(Handler):
            def _answer(self) -> None:
                parts = urlsplit(self.path)
                target = parse_qs(parts.query)["url"][0] if parts.path == "/relay" else self.path
                name = urlsplit(target).path.strip("/")
                headers = {key.lower(): value for key, value in self.headers.items()}
                body = self.rfile.read(int(headers.get("content-length", "0")))
                server.seen.append((name, self.command, headers, body))
                says = cases[name].reply(self.command, headers)
                if not says.status:
                    self.close_connection = True
                    return
                content = b"" if says.status == 204 else f"answer of {name}".encode()
                self.send_response(says.status)
                filled = {"origin": headers.get("origin", ""), "port": server.port}
                for key, value in says.headers.items():
                    for each in [value] if isinstance(value, str) else value:
                        self.send_header(key, each.format(**filled))
                self.send_header("Content-Type", "text/plain")
                if says.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

        super().__init__(CorsHandler)
