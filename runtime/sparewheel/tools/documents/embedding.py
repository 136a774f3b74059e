"""Asks a model for embeddings: OpenAI's endpoint `/embeddings`, which many servers have, or a function of the page.

Source: OpenAI API reference, "Create embeddings".
"""

from __future__ import annotations

import asyncio
import random
from asyncio import sleep
from typing import TYPE_CHECKING, Any, Final

from ...chain.backoff import backoff_delay
from ...config.chains import BackoffConfig
from ...errors import ErrorInfo, ProviderError, SparewheelError
from ...errors.classify import classify
from ...jsontext import read, write
from ...page.model import EMBED
from ...providers.openai_common import authorization
from ...providers.reading import count, mapping
from ...providers.writing import json_post
from ...transports.base import HttpRequest, read_at_most
from ...usage import Usage
from ..base import ToolError
from ..trace import traced
from .vectors import Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...config.specs import ModelSpec
    from ...transports.base import Transport

MAX_BATCH: Final = 60  # texts of one request: with 3,072 numbers each, the answer is what `jsontext` reads
MAX_BODY: Final = 16 * 1024 * 1024  # bytes
MAX_TEXT: Final = 30_000  # characters of one text: models read about 8,000 tokens
RETRIES: Final = 2
MAX_WAIT: Final = 60.0  # seconds of a Retry-After
TIMEOUT: Final = 60.0  # seconds of a request


class Embedder:
    """Asks one model. `spend` counts the tokens; `dimensions` is how many numbers its embeddings must have, if set."""

    def __init__(
        self,
        spec: ModelSpec,
        transport: Transport,
        spend: Callable[[Usage, float], None],
        dimensions: int | None = None,
    ) -> None:
        self.ref = spec.ref
        self._spec = spec
        self._transport = transport
        self._spend = spend
        self._dimensions = dimensions

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """The embeddings of texts, in their order. Raises `ToolError`."""
        request = self._request([text[:MAX_TEXT] or " " for text in texts])
        failures = 0
        while True:
            try:
                async with asyncio.timeout(TIMEOUT):
                    return self._vectors(await self._ask(request, failures + 1), len(texts))
            except TimeoutError:
                info = ErrorInfo("timeout_first_content", f"There was no answer within {TIMEOUT:g} s.")
            except SparewheelError as error:
                info = error.info
            failures += 1
            wait = max(backoff_delay(BackoffConfig(), failures, random.random), info.retry_after or 0.0)
            if failures > RETRIES or wait > MAX_WAIT or not (info.retryable or info.kind == "rate_limit"):
                raise self.failed(f"{info.message} {info.hint}".strip())
            await sleep(wait)

    def _request(self, texts: list[str]) -> HttpRequest:
        spec = self._spec
        if spec.api == "page":
            return HttpRequest("POST", EMBED, {}, write({"model": spec.model, "texts": texts}).encode())
        path = "/openai/embeddings" if spec.api == "google" else "/embeddings"  # Gemini's endpoint for such clients
        return json_post(spec, path, authorization(spec), {"model": spec.model, "input": texts})

    async def _ask(self, request: HttpRequest, attempt: int) -> Any:
        """The JSON of the answer. Raises `SparewheelError`."""
        spec = self._spec
        async with traced(self._transport, spec.ref, attempt).stream(request) as response:
            status, headers = response.status, response.headers
            body = await read_at_most(response, MAX_BODY)
        if status < 400:
            try:
                return read(body)
            except ValueError as error:
                raise ProviderError(ErrorInfo("server_error", f"The answer cannot be read: {error}")) from None
        raise ProviderError(
            classify(
                status,
                headers,
                body,
                provider=spec.provider,
                url=request.url,
                key_name=spec.key_name,
                secrets=[spec.key] if spec.key else [],
            )
        )

    def _vectors(self, answer: Any, count: int) -> list[Vector]:
        """The embeddings in an answer: `data` with an `embedding` each, in the order of `index` where there is one."""
        self._count(answer)
        data = answer.get("data") if isinstance(answer, dict) else None
        items = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
        if all(isinstance(item.get("index"), int) for item in items):
            items.sort(key=lambda item: int(item["index"]))
        lists = [item.get("embedding") for item in items]
        if len(lists) != count:
            raise self.failed(f"it sent {len(lists)} embeddings for {count} texts. Name a model for embeddings.")
        try:
            vectors = [Vector.of([float(number) for number in floats]) for floats in lists if isinstance(floats, list)]
        except (ValueError, TypeError, OverflowError) as error:
            raise self.failed(f"it sent embeddings that cannot be used: {error}") from None
        if len(vectors) != count:
            raise self.failed("it sent embeddings that are no lists of numbers.")
        self._dimensions = self._dimensions or len(vectors[0].numbers)
        if other := next((len(v.numbers) for v in vectors if len(v.numbers) != self._dimensions), None):
            raise self.failed(f"its embeddings have {other} numbers in place of {self._dimensions}.")
        return vectors

    def _count(self, answer: Any) -> None:
        """Count the tokens of an answer, which some servers name, and their price."""
        tokens = count(mapping(mapping(answer).get("usage")).get("prompt_tokens"))
        usage = Usage(input_tokens=tokens, output_tokens=0)
        price = self._spec.price
        self._spend(usage, price.cost(tokens, 0) if price and tokens else 0.0)

    def failed(self, reason: str) -> ToolError:
        return ToolError(f"The documents cannot be searched by meaning: {self.ref}: {reason}")
