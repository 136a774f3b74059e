"""A small static file server for the built page: only on 127.0.0.1, with the headers of a strict host."""

from __future__ import annotations

import gzip
import re
import threading
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src blob:; manifest-src 'self'; frame-src 'self'; connect-src *; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
    "trusted-types sparewheel dompurify lit-html"
)
# Not the system's table, which differs by machine: with a wrong type for .wasm or .mjs a boot of Pyodide never ends.
CONTENT_TYPES = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".yaml": "text/plain; charset=utf-8",
    ".zip": "application/zip",
}
POLICED = (".html", ".js", ".mjs")  # a worker has the policy that its script was served with
OWN_POLICY = ("sandbox.html",)  # pages that have a stricter one in themselves
ENCODINGS = {
    "br": ".br",
    "gzip": ".gz",
}  # best first; the compressed file is beside the original
HASHED = re.compile(r"(?<![0-9a-z])[0-9a-f]{16}(?![0-9a-z])")  # a path that changes with the content
FOR_EVER = "public, max-age=31536000, immutable"


class StaticServer:
    """Serves a folder on 127.0.0.1 from construction until `close()` or the end of the `with` block.

    Args:
        root: the folder; nothing outside it is served, not through symbolic links either.
        port: 0 takes a free one.

    Raises:
        OSError: the port is taken or not allowed.
    """

    def __init__(self, root: Path, port: int = 0) -> None:
        self.root = root.resolve()
        handler = type("Handler", (_Handler,), {"root": self.root})
        self._server = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL of the folder, with a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def wait(self) -> None:
        """Block until the server is closed."""
        self._thread.join()

    def close(self) -> None:
        """Stop serving and free the port. Open connections are dropped."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64  # a page requests its files in parallel

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore it: browsers may disconnect in the middle of a file."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sparewheel"
    sys_version = ""
    timeout = 60  # seconds that an idle connection is kept
    root: Path

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing; the browser's network panel shows the requests."""

    def _answer(self, *, with_body: bool) -> None:
        path = urlsplit(self.path).path
        try:
            target = self._locate(unquote(path))
            if target.is_dir():
                # One leading slash only: "//host/" would send the browser to another host.
                self._send(HTTPStatus.MOVED_PERMANENTLY, {"Location": f"/{path.lstrip('/')}/"})
                return
            content, headers = self._read(target)
        except (OSError, ValueError):  # missing, not readable, or not a valid file name
            self._send(HTTPStatus.NOT_FOUND, {"Content-Type": CONTENT_TYPES[".txt"]}, b"not found\n", with_body)
            return
        if self.headers.get("If-None-Match") == headers["ETag"]:
            self._send(HTTPStatus.NOT_MODIFIED, headers)
        else:
            self._send(HTTPStatus.OK, headers, content, with_body)

    def _locate(self, path: str) -> Path:
        """The file of a URL path. Raises FileNotFoundError if it would be outside the root."""
        name = path.lstrip("/")
        target = (self.root / (f"{name}index.html" if path.endswith("/") else name)).resolve()
        if not target.is_relative_to(self.root):
            raise FileNotFoundError
        return target

    def _send(self, status: HTTPStatus, headers: dict[str, str], content: bytes = b"", with_body: bool = True) -> None:
        self.send_response(status)
        for name, value in {"Cache-Control": "no-cache", **headers, "X-Content-Type-Options": "nosniff"}.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if with_body:
            self.wfile.write(content)

    def _read(self, path: Path) -> tuple[bytes, dict[str, str]]:
        """Read a file, with the headers that describe it. Raises OSError if it is missing or not readable."""
        encoding, stored = self._encoded(path)
        stat = stored.stat()
        headers = {
            "Content-Type": CONTENT_TYPES.get(path.suffix, "application/octet-stream"),
            "ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}{encoding}"',
            "Last-Modified": formatdate(stat.st_mtime, usegmt=True),
            "Cache-Control": FOR_EVER if HASHED.search(path.relative_to(self.root).as_posix()) else "no-cache",
        }
        if encoding:
            headers |= {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
        if path.suffix in POLICED and path.name not in OWN_POLICY:
            headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        content = stored.read_bytes()
        return content if encoding or stored == path else gzip.decompress(content), headers

    def _encoded(self, path: Path) -> tuple[str, Path]:
        """The best encoding of a file that the client accepts, empty for the file itself, and the path to send."""
        accepted = {word.partition(";")[0].strip() for word in self.headers.get("Accept-Encoding", "").split(",")}
        for encoding, suffix in ENCODINGS.items():
            sibling = path.with_name(path.name + suffix)
            if encoding in accepted and sibling.is_file():
                return encoding, sibling
        packed = path.with_name(f"{path.name}.gz")  # large files have no other form that Python can read
        return "", packed if packed.is_file() and not path.is_file() else path
