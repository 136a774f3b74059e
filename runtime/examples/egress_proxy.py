"""An egress proxy for `toolProxy`, to host yourself: `python egress_proxy.py --origin https://your-page.example`.

It makes the requests of tools for pages that may not ask a server themselves; docs/egress-proxy.md has the protocol. It
asks https addresses in public networks only: each address of a name is checked, and the connection goes to one that was
checked, so that a second look-up cannot change it. It follows no redirect. It listens on 127.0.0.1 without TLS: put a
web server with https before it, which also limits who may ask and how often.
"""

import argparse
import contextlib
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MAX_BODY, MAX_ANSWER = 4 << 20, 64 << 20  # bytes
TIMEOUT = 60.0  # seconds without a byte
REDIRECTS = (301, 302, 303, 307, 308)
LOCATION = "X-Docker-Agent-Location"
# Headers of one connection, headers that browsers and web servers add, and what the library sets itself.
NOT_SENT = {"host", "origin", "referer", "cookie", "connection", "keep-alive", "te", "trailer", "transfer-encoding"}
NOT_SENT |= {"upgrade", "content-length", "proxy-authorization", "accept-encoding", "forwarded", "expect", "via"}
NOT_RETURNED = NOT_SENT | {"location", "set-cookie", LOCATION.lower()}
GLOBAL = ipaddress.ip_network("2000::/3")  # of IPv6, RFC 4291; the rest leads to this machine or its network
TLS = ssl.create_default_context()


class Refused(Exception):
    """The request is not made. The text is for the caller."""


def public_address(host: str, port: int) -> str:
    """An address of `host`, after a check of all of them. Raises `Refused`."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise Refused("the host is not known") from None
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        if not inner.is_global or inner.is_multicast or (inner.version == 6 and inner not in GLOBAL):
            raise Refused("the host is in a private network")
    return min(found, key=lambda text: (":" in text, text))  # IPv4 first


class Pinned(http.client.HTTPSConnection):
    """Connects to an address that was checked; certificate and Host are those of the name."""

    def connect(self) -> None:
        address = public_address(self.host, self.port)
        self.sock = TLS.wrap_socket(socket.create_connection((address, self.port), TIMEOUT), server_hostname=self.host)


class Proxy(BaseHTTPRequestHandler):
    """Relays one request. `origins` are the pages that may ask."""

    timeout = TIMEOUT
    origins: frozenset[str] = frozenset()

    def relay(self) -> None:
        if self.headers.get("Origin") not in self.origins:
            return self.tell(403, "this page may not ask")
        try:
            connection, path, body = self.target()
            connection.request(self.command, path, body, dict(self.passed(self.headers.items(), NOT_SENT, "sec-")))
            response = connection.getresponse()
        except Refused as refusal:
            return self.tell(403, str(refusal))
        except (OSError, ValueError, http.client.HTTPException):
            return self.tell(502, "the host gave no answer")
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            headers = self.passed(response.getheaders(), NOT_RETURNED, "access-control-")
            if response.status in REDIRECTS and (moved := response.getheader("Location")):
                headers.append((LOCATION, moved))
            if response.length:  # so that the page notices an answer that was cut
                headers.append(("Content-Length", str(response.length)))
            exposed = ", ".join(sorted({name for name, _ in headers}))
            self.begin(response.status, [*headers, ("Access-Control-Expose-Headers", exposed)])
            left = MAX_ANSWER
            while left > 0 and (piece := response.read1(min(left, 1 << 16))):  # as it arrives
                self.wfile.write(piece)
                left -= len(piece)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = relay

    def do_OPTIONS(self) -> None:
        wanted = self.headers.get("Access-Control-Request-Headers", "")
        methods = ("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
        self.begin(204, [methods, ("Access-Control-Allow-Headers", wanted), ("Access-Control-Max-Age", "600")])

    def target(self) -> tuple[Pinned, str, bytes]:
        """The connection, the path and the body. Raises `Refused`."""
        urls = parse_qs(urlsplit(self.path).query).get("url", [])
        try:
            url = urlsplit(urls[0] if len(urls) == 1 else "")
            host, port = url.hostname, url.port or 443
        except ValueError:
            raise Refused("the url is not valid") from None
        if url.scheme != "https" or not host or "@" in url.netloc or not all("!" <= char <= "~" for char in urls[0]):
            raise Refused("the url must be an https address, without a user name")
        size = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not size.isdecimal() or int(size) > MAX_BODY:
            raise Refused(f"the body must have a length, {MAX_BODY} bytes at most")
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return Pinned(host, port), path, self.rfile.read(int(size))

    def passed(self, headers: Iterable[tuple[str, str]], left_out: set[str], start: str) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in headers if name.lower() not in left_out]
        return [(name, value) for name, value in kept if not name.lower().startswith((start, "x-forwarded-"))]

    def tell(self, status: int, text: str) -> None:
        self.begin(status, [("Content-Type", "text/plain")])
        self.wfile.write(f"egress proxy: {text}\n".encode())

    def begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.send_response_only(status)
        origin = self.headers.get("Origin")
        allowed = [("Access-Control-Allow-Origin", origin)] if origin in self.origins else []
        for name, value in [*headers, *allowed, ("Vary", "Origin"), ("Connection", "close")]:
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses can have keys in them."""


def serve(origins: list[str], port: int) -> ThreadingHTTPServer:
    """A server for these pages. It runs when `serve_forever` is called."""
    handler = type("Handler", (Proxy,), {"origins": frozenset(origins)})
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--origin", action="append", required=True, help="a page that may ask; can be repeated")
    parser.add_argument("--port", type=int, default=8100)
    options = parser.parse_args()
    serve(options.origin, options.port).serve_forever()
