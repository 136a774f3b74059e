"""OpenAI Responses: the requests for a response that is generated in the background, and kept by the provider.

Sources: OpenAI, guide "Background mode"; API reference, "Get a model response", "Cancel a response". A response is
generated whether or not its stream is read. The stream can be read again for about 5 minutes, from any
`sequence_number` on; after that only the whole response can be had, for about 10 minutes in all. Cancelling ends the
generation, and may be repeated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from .openai_common import authorization
from .responses_input import reasoning
from .writing import http_request

if TYPE_CHECKING:
    from ..config.specs import ModelSpec
    from ..transports.base import HttpRequest

_ID: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_=~.-]{0,511}")


def is_response_id(value: object) -> bool:
    """Whether it can stand in the path of a request. An id comes from a server, or from a record that was stored."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def follow(spec: ModelSpec, response_id: str, after: int | None) -> HttpRequest:
    """The stream of a response from the event after `after` on, a `sequence_number`; None: from the first event on."""
    start = "" if after is None else f"&starting_after={after}"
    return _get(spec, response_id, f"?stream=true{start}", "&")


def retrieve(spec: ModelSpec, response_id: str) -> HttpRequest:
    """The response as it is now, as one document."""
    return _get(spec, response_id, "", "?")


def cancel(spec: ModelSpec, response_id: str) -> HttpRequest:
    """End the generation of a response."""
    return http_request("POST", spec, f"/responses/{response_id}/cancel", authorization(spec))


def _get(spec: ModelSpec, response_id: str, query: str, mark: str) -> HttpRequest:
    """What the first request wanted included has to be asked for again."""
    include = spec.options.get("include", reasoning(spec).get("include"))
    names = [name for name in include or () if is_response_id(name)] if isinstance(include, list) else []
    wanted = "&".join(f"include%5B%5D={name}" for name in names)
    path = f"/responses/{response_id}{query}" + (f"{mark}{wanted}" if wanted else "")
    return http_request("GET", spec, path, authorization(spec))
