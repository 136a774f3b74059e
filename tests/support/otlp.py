"""A receiver of OTLP/HTTP JSON that is made of the official messages, and the log of a turn."""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

LOG = [
    (1, {"type": "start", "turn": "t", "seq": 1, "agent": "root", "model": "mine/a"}),
    (
        2,
        {
            "type": "finish",
            "turn": "t",
            "seq": 2,
            "agent": "root",
            "reason": "stop",
            "model": "mine/a",
            "message": {},
            "usage": {},
        },
    ),
]


def official(document: str | bytes) -> ExportTraceServiceRequest:
    """OTLP's JSON by the official messages. It differs from protobuf's in one thing: ids are hexadecimal."""

    def ids(fields: dict[str, Any]) -> dict[str, Any]:
        return {
            name: b64encode(bytes.fromhex(value)).decode() if name in ("traceId", "spanId", "parentSpanId") else value
            for name, value in fields.items()
        }

    read = json.loads(document, object_hook=ids)
    request = ExportTraceServiceRequest()
    json_format.ParseDict(read, request)
    return request


class Receiver(BaseHTTPRequestHandler):
    """A receiver of OTLP/HTTP JSON that is made of the official messages."""

    got: list[ExportTraceServiceRequest]

    def do_POST(self) -> None:
        request = official(self.rfile.read(int(self.headers["Content-Length"])))
        assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/json")
        assert "Authorization" not in self.headers
        self.got.append(request)
        body = json_format.MessageToJson(ExportTraceServiceResponse()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[str]]]:
    """Its address, and the names of the spans that have come, after the block."""
    got, names = list[ExportTraceServiceRequest](), list[str]()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("_", (Receiver,), {"got": got}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", names
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()
    resources = [resource for request in got for resource in request.resource_spans]
    names += [span.name for resource in resources for span in resource.scope_spans[0].spans]
