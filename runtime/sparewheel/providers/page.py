"""The wire format of a model in the page: text in, text out.

The request is a `ModelRequest` of the page protocol, the response its pieces: texts, then one with `done`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import ErrorInfo, ProviderError
from ..transports.base import HttpRequest
from .history import MEDIA_NOTE, prepare

if TYPE_CHECKING:
    from ..config.resolved import ModelSpec
    from ..jsonschema.dialects import Dialect
    from .assembly import Assembly
    from .base import ModelRequest


class PageModel:
    """The wire format. A model in the page has no tools; a step with tools goes to the next model."""

    dialect: ClassVar[Dialect] = "openai"

    def request(self, request: ModelRequest) -> HttpRequest:
        if request.tools or request.output:
            hint = "Use it for an agent without tools and without structured_output."
            raise ProviderError(
                ErrorInfo("unsupported", "A model in the page supports neither tools nor structured_output.", hint)
            )
        messages = [
            {"role": message.role, "content": message.text}
            for message in prepare(request.messages, request.spec.ref)
            if message.role != "tool" and message.text not in ("", MEDIA_NOTE)
        ]
        body = json.dumps({"model": request.spec.model, "messages": messages}).encode()
        return HttpRequest("POST", request.spec.base_url, {}, body)

    def decoder(self, assembly: Assembly, spec: ModelSpec | None = None) -> PageModelDecoder:
        return PageModelDecoder(assembly)


class PageModelDecoder:
    """Reads one response."""

    ends_with_body = False

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self.ended = False

    def feed(self, data: dict[str, Any], name: str) -> None:
        text = data.get("value")
        if isinstance(text, str) and text:
            self._assembly.text(text)
        if data.get("done") is True:
            self._assembly.finish("stop")
            self.ended = True

    def finish(self, *, done: bool) -> None:
        pass
