"""Sampling: a server asks a model of the agent, if the agent file allows it and the user agrees to each request.

The model gets the server's texts and nothing else: no conversation, no instruction and no tools.
Source: https://modelcontextprotocol.io/specification/2025-11-25/client/sampling.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from ...chain.log import AttemptLog
from ...chain.question import Question
from ...chain.step import Step
from ...errors import SparewheelError
from ...messages import Message as ChatMessage
from ...messages import Text, system
from ..trace import report_requests, tracing
from .rpc import INTERNAL, INVALID, Message, RpcError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...chain.chain import Chain
    from ..services import Services
    from .exchange import Exchange

MAX_IN_TURN: Final = 5  # requests of one server, those that the user refuses included
MAX_TOKENS: Final = 2_000  # of an answer
MAX_MESSAGES: Final = 50
MAX_CHARS: Final = 50_000  # of all messages
MAX_SHOWN: Final = 4_000  # characters that the user is shown
MAX_BYTES: Final = 64 * 1024  # of an answer
SECONDS: Final = 60.0  # for all attempts
REFUSED: Final = -1


class Sampler:
    """Answers the requests of one server."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._turn: object = None
        self._made = 0  # in that turn

    async def answer(self, params: object, exchange: Exchange, host: str) -> Message:
        """The result of `sampling/createMessage`. Raises `RpcError`; its text is for the server."""
        if exchange.context is None:
            raise RpcError(REFUSED, "a model is only asked during a call")
        messages, tokens = _read(params)
        self._count()
        chain = self._services.side_chain(exchange.context.agent, tokens)
        if chain is None:
            raise RpcError(INTERNAL, "no model can be asked now")
        with exchange.patience.paused():
            await self._approve(chain, messages, tokens, exchange, host)
            with tracing(exchange.context, on=self._services.trace):
                return await self._ask(chain, messages)

    def _count(self) -> None:
        turn = self._services.sign_ins.turn()
        if turn is not self._turn:
            self._turn, self._made = turn, 0
        self._made += 1
        if self._made > MAX_IN_TURN:
            raise RpcError(REFUSED, f"a model is asked at most {MAX_IN_TURN} times in a turn")

    async def _approve(
        self, chain: Chain, messages: Sequence[ChatMessage], tokens: int, exchange: Exchange, host: str
    ) -> None:
        text = "\n\n".join(f"{message.role}: {message.text}" for message in messages)
        more = f"\n[{len(text) - MAX_SHOWN} more characters]" if len(text) > MAX_SHOWN else ""
        question = (
            f"{host} wants to ask your model {chain.primary.ref}, at your cost, for an answer of up to {tokens} tokens "
            f"(request {self._made} of at most {MAX_IN_TURN} in this turn). It would get the answer to this:\n\n"
        )
        found = await exchange.ask(f"{question}{text[:MAX_SHOWN]}{more}", {"type": "object", "properties": {}})
        if found.get("action") != "accept":
            raise RpcError(REFUSED, "the user has not agreed to ask a model")

    async def _ask(self, chain: Chain, messages: Sequence[ChatMessage]) -> Message:
        step = Step(chain, Question(messages, max_bytes=MAX_BYTES), AttemptLog())
        try:
            async with asyncio.timeout(SECONDS), aclosing(step.events()) as batches:
                async for batch in batches:
                    report_requests(batch)
        except (SparewheelError, TimeoutError):
            raise RpcError(INTERNAL, "no model has answered") from None
        finally:
            self._services.spend(step.usage, step.cost)
        content = {"type": "text", "text": step.answer().text}
        reason = "maxTokens" if step.reason == "length" else "endTurn"
        return {"role": "assistant", "content": content, "model": step.model, "stopReason": reason}


def _read(params: object) -> tuple[list[ChatMessage], int]:
    """The messages for the model and the limit of its answer in tokens. Raises `RpcError`."""
    given = params if isinstance(params, dict) else {}
    if given.get("tools") or given.get("toolChoice"):
        raise RpcError(INVALID, "models are asked without tools")
    messages = [system(prompt)] if isinstance(prompt := given.get("systemPrompt"), str) and prompt.strip() else []
    found = given.get("messages")
    if not isinstance(found, list) or not 0 < len(found) <= MAX_MESSAGES:
        raise RpcError(INVALID, f"messages must be an array of 1 to {MAX_MESSAGES}")
    messages += [_message(each) for each in found]
    if messages[-1].role != "user":
        raise RpcError(INVALID, "the last message must be the user's")
    if sum(len(message.text) for message in messages) > MAX_CHARS:
        raise RpcError(INVALID, f"the messages have more than {MAX_CHARS} characters")
    limit = given.get("maxTokens")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit <= 0:
        limit = MAX_TOKENS
    return messages, min(limit, MAX_TOKENS)


def _message(given: object) -> ChatMessage:
    message = given if isinstance(given, dict) else {}
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    found = tuple(Text(text) for text in texts if isinstance(text, str) and text)
    if not found or len(found) != len(parts):
        raise RpcError(INVALID, "models are asked with texts only")
    if message.get("role") not in ("user", "assistant"):
        raise RpcError(INVALID, "messages must be of user or assistant")
    return ChatMessage(message["role"], found)
