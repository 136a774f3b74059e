"""Writing a request: the parts that all wire formats share."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import unquote_to_bytes

from pydantic_core import to_json

from ..jsontext import read
from ..transports.base import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..config.specs import ModelSpec
    from ..messages import Message
    from .base import ToolSpec

_T = TypeVar("_T", "Message", "ToolSpec")

MAX_KEPT: Final = 64 * 1024
"""Bytes of a message or tool that are kept as JSON text. A larger one is written again for each request."""


class JsonArray(list[bytes]):
    """A JSON array of items that are JSON text already."""

    @property
    def text(self) -> bytes:
        return b"[%b]" % b",".join(self)


def once(things: Iterable[_T], write: Callable[[_T], Iterable[object]]) -> JsonArray:
    """What `write` makes of each message or tool, each written as JSON once.

    A request has hundreds of messages that the one before it had too. `write` depends on nothing but its argument. A
    message keeps the text of one function only: the models of a chain mostly have the same API.
    """
    items = JsonArray()
    for thing in things:
        written = thing.written.get(write)
        if written is None:
            written = [json_text(item) for item in write(thing)]
            thing.written.clear()
            if sum(map(len, written)) <= MAX_KEPT:
                thing.written[write] = written
        items += written
    return items


def json_text(value: object) -> bytes:
    """A value as JSON text."""
    try:
        return to_json(value)
    except ValueError:  # half a surrogate pair, in what the page or the agent file gave
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_post(spec: ModelSpec, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> HttpRequest:
    """A POST of `body` as JSON. `headers` has only what the API requires: a preflight may refuse any further one.

    A field of `body` may be a `JsonArray`.
    """
    arrays = {name: value for name, value in body.items() if isinstance(value, JsonArray)}
    others = json_text({name: value for name, value in body.items() if name not in arrays})
    fields = [others[1:-1], *(b"%b:%b" % (json_text(name), value.text) for name, value in arrays.items())]
    payload = b"{%b}" % b",".join(filter(None, fields))
    return http_request("POST", spec, path, {"content-type": "application/json", **headers}, payload)


def http_request(method: str, spec: ModelSpec, path: str, headers: Mapping[str, str], body: bytes = b"") -> HttpRequest:
    """A request to the model's server. The headers of the agent file are added; they win over `headers`."""
    own = {name.lower(): value for name, value in spec.headers.items()}
    return HttpRequest(method, f"{spec.base_url}{path}", {**headers, **own}, body)


def inline_data(url: str) -> tuple[str, str] | None:
    """The media type (lower case, possibly empty) and base64 data of a `data:` URL (RFC 2397); None for other URLs."""
    head, comma, data = url.partition(",")
    if not comma or head[:5].lower() != "data:":
        return None
    kind, *attributes = head[5:].split(";")
    if "base64" not in [attribute.strip().lower() for attribute in attributes]:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return kind.strip().lower(), data


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in `text`; None for any other text, as in a history that another program wrote."""
    try:
        value = read(text, strict=True)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def arguments_object(text: str) -> dict[str, Any]:
    """The arguments of a call as an object; arguments that are not one become its only field."""
    value = json_object(text or "{}")
    return {"arguments": text} if value is None else value
