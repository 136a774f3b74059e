"""Requests of a sign-in: bounded in time and size, to checked addresses, without following redirects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from ....errors import TransportError
from ....jsontext import read, write
from ....transports.base import HttpRequest, read_at_most
from .errors import SignInError
from .fields import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ....transports.base import Transport
    from .places import Places

TIMEOUT: Final = 30.0  # seconds
MAX_BODY: Final = 256 * 1024  # bytes; such documents have a few kilobytes


class Unreachable(SignInError):
    """There was no response that can be read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: `document` is its JSON object, empty if it has none. It may contain tokens."""

    status: int
    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Web:
    """The HTTP client of a sign-in. `hide` gets the tokens and secrets of responses before anything else does."""

    transport: Transport
    places: Places
    hide: Callable[[Iterable[str]], object]

    async def get(self, address: str, what: str) -> Reply:
        """A document. `what` names it in errors. Raises `SignInError`."""
        return await self._send("GET", address, what, {})

    async def post_form(self, address: str, what: str, fields: Mapping[str, str], **headers: str) -> Reply:
        """The answer to a form. Raises `SignInError`."""
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await self._send("POST", address, what, headers, urlencode(fields).encode())

    async def post_json(self, address: str, what: str, value: Mapping[str, Any]) -> Reply:
        """The answer to a JSON document. Raises `SignInError`."""
        return await self._send("POST", address, what, {"Content-Type": "application/json"}, write(value).encode())

    async def _send(self, method: str, address: str, what: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        url = self.places.check(address, what)
        request = HttpRequest(method, str(url), {"Accept": "application/json", **headers}, body, explain=True)
        try:
            async with asyncio.timeout(TIMEOUT), self.transport.stream(request) as response:
                status, content = response.status, await read_at_most(response, MAX_BODY + 1)
        except TimeoutError:
            raise Unreachable(f"{url.host} did not answer within {TIMEOUT:g} s ({what}).") from None
        except TransportError as error:
            raise Unreachable(_no_answer(url.host, what, error)) from None
        if len(content) > MAX_BODY:
            raise SignInError(f"{url.host} sent more than {MAX_BODY} bytes ({what}).")
        document = _object(content)
        if method == "POST":
            self.hide(secrets_in(document))
        return Reply(status, document)


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        value = read(content, strict=True)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _no_answer(host: str, what: str, error: TransportError) -> str:
    if error.info.kind != "network_or_cors":
        return f"{host} gave no answer ({what}): {error.info.message}"
    reason = error.info.message if error.info.hint else "Most likely it sends no Access-Control-Allow-Origin."
    return (
        f"{host} gave no answer that this page may read ({what}). {reason} Its operator can correct this; or pass "
        'toolProxy to createSession, or a token: remote.headers: {Authorization: "Bearer ${env.TOKEN}"} in the agent '
        "file."
    )
