"""`sparewheel test-provider`: what one model API can do, step by step, and whether a browser may call it."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import httpx

from ..chain.health import Health
from ..config.loading import load_agent_file
from ..config.providers import PROVIDERS
from ..config.resolved import resolve_team
from ..errors import ConfigError, SparewheelError
from ..redaction.redact import redact
from ..state.approvals import Approvals
from ..tools import tool
from ..tools.python.functions import FunctionToolset
from ..transports.router import network_transport
from ..worker.assemble import Extras, assemble
from .cors import missing_headers
from .notes import note, sentence
from .options import Parser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from ..transports.base import HttpRequest, HttpResponse, Transport

State: TypeAlias = Literal["ok", "FAIL", "?"]

LIMIT: Final = 30.0  # seconds for one step
MAX_TOKENS: Final = 300
APIS: Final = ("openai_chatcompletions", "openai_responses", "anthropic", "google")
# A model's answer to these says that it took the key.
_TAKES_KEY: Final = {"model_not_found", "rate_limit", "quota", "overloaded", "invalid_request", "context_overflow"}
_EPILOG: Final = (
    "It sends two short prompts, which cost a few tokens. Exit code: 0 all steps are ok or cannot be told, 1 a step "
    "failed, 2 bad usage."
)


@dataclass(frozen=True, slots=True)
class Step:
    """The result of a step; `text` says what was found, or what to do."""

    state: State
    name: str
    text: str


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code. Raises SystemExit on bad usage."""
    parser = _parser()
    options = parser.parse_args(argv)
    known = PROVIDERS.get(options.api_or_url)
    url = known.base_url if known else options.api_or_url
    if not url.startswith(("http://", "https://")):
        parser.error("the first argument is the base URL of the API (http or https), or the name of a known provider")
    name = options.key or (known.token_key if known else None)
    if name and name not in os.environ:
        parser.error(f"the environment has no {name}: set it, or name another variable with --key")
    if known:
        model: dict[str, Any] = {"provider": options.api_or_url}
        providers = {}
    else:
        api = {"provider": options.api} if options.api in ("anthropic", "google") else {"api_type": options.api}
        model, providers = {"provider": "tested"}, {"tested": {"provider": "openai", **api, "base_url": url}}
    if name:
        model["token_key"] = name
    try:
        tested = Tested(url, {**model, "model": options.model, "max_tokens": MAX_TOKENS}, providers, name)
        return 1 if asyncio.run(_report(tested, options.origin)) else 0
    except ConfigError as error:
        note(sentence(error))
        return 2


def _parser() -> Parser:
    parser = Parser(prog="sparewheel test-provider", description=__doc__, epilog=_EPILOG)
    parser.add_argument("api_or_url", metavar="URL|PROVIDER", help="the API's base URL, or a provider's name")
    parser.add_argument("--model", metavar="NAME", required=True)
    parser.add_argument("--key", metavar="VARIABLE", help="the environment variable that has the key")
    parser.add_argument("--api", choices=APIS, default=APIS[0], help="the wire format (default: %(default)s)")
    parser.add_argument(
        "--origin", metavar="URL", default="https://app.example", help="of a page (default: %(default)s)"
    )
    return parser


async def _report(tested: Tested, origin: str) -> bool:
    """Print each step when it is done; returns whether one failed."""
    failed = False
    async for step in tested.steps(origin):
        print(f"{step.state:<4} {step.name}: {redact(step.text, tested.secrets)}", flush=True)
        failed = failed or step.state == "FAIL"
    return failed


@tool(read_only=True)
async def echo(word: str) -> str:
    """Returns the word."""
    return word


class Tested:
    """A model API under test; `key` is the name of the environment variable, None for an API without keys."""

    def __init__(self, url: str, model: dict[str, Any], providers: dict[str, Any], key: str | None) -> None:
        self.url = url
        self._model = model["model"]
        self._env = {key: os.environ[key]} if key else {}
        self.secrets = list(self._env.values())
        self._recorder = Recorder(network_transport())
        root = {"model": "tested", "instruction": "Be brief.", "fallback": {"retries": -1}}
        self._file = {"agents": {"root": root}, "models": {"tested": model}, "providers": providers}

    async def steps(self, origin: str) -> AsyncIterator[Step]:
        """Test one thing after the other; stops when the rest cannot be told."""
        reachable = await self._reachable()
        yield reachable
        if reachable.state == "FAIL":
            return
        self._recorder.origin = origin
        answer = await self._turn("Say hello in five words.")
        yield _key_step(answer, bool(self._env))
        yield _model_step(answer, self._model)
        if not answer.error:
            yield _streaming_step(answer)
            yield _tools_step(await self._turn("Call the tool echo with the word spare.", tools=True))
        if self._recorder.request is not None:
            yield await self._cors(self._recorder.request, origin)

    async def _reachable(self) -> Step:
        url = httpx.URL(self.url)
        secure = url.scheme == "https"
        try:
            async with asyncio.timeout(LIMIT):
                port = url.port or (443 if secure else 80)
                _, writer = await asyncio.open_connection(url.host, port, ssl=secure or None)
        except TimeoutError:
            return Step("FAIL", "reachable", f"{url.host} has not answered for {LIMIT:g} s. Check the network.")
        except OSError as error:
            return Step("FAIL", "reachable", f"{type(error).__name__}: {error}. Check the URL and the network.")
        writer.close()
        return Step("ok", "reachable", f"{url.host} takes connections")

    async def _turn(self, prompt: str, *, tools: bool = False) -> Answer:
        team = resolve_team(
            load_agent_file(json.dumps(self._file)), None, self._env, allow_hosts=[httpx.URL(self.url).host]
        )
        toolsets = [FunctionToolset([echo])] if tools else []
        session = assemble(team, self._recorder, Health(), Extras(Approvals(interactive=False), toolsets=toolsets))
        answer = Answer()
        try:
            async with asyncio.timeout(LIMIT), aclosing(session.turn(prompt)) as batches:
                async for batch in batches:
                    answer.batches += any(event["type"] == "delta" for event in batch)
                    answer.called = answer.called or any(event["type"] == "tool_call" for event in batch)
        except TimeoutError:
            answer.error = {"kind": "timeout", "message": f"no end within {LIMIT:g} s", "hint": ""}
        except SparewheelError as error:
            answer.error = error.to_dict()
            attempts = answer.error["attempts"]
            answer.error |= {k: attempts[-1][k] for k in ("kind", "message", "hint") if attempts and k in attempts[-1]}
        finally:
            await session.close()
        return answer

    async def _cors(self, request: HttpRequest, origin: str) -> Step:
        sent = {name.lower() for name in request.headers} - {"origin", "accept", "user-agent"}
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": request.method,
            "Access-Control-Request-Headers": ",".join(sorted(sent)),
        }
        try:
            async with httpx.AsyncClient(timeout=LIMIT, trust_env=False) as client:
                preflight = await client.options(request.url.partition("?")[0], headers=headers)
        except httpx.HTTPError as error:
            return Step("FAIL", "browser (CORS)", f"the preflight request failed: {type(error).__name__}: {error}")
        missing = missing_headers(origin, sent, preflight.status_code, preflight.headers, self._recorder.headers)
        if not missing:
            return Step("ok", "browser (CORS)", f"a page of {origin} may call it")
        text = f"a page of {origin} may not call it: " + "; ".join(missing)
        return Step(
            "FAIL", "browser (CORS)", f"{text}. Send requests through a proxy (createRuntime({{fetch}})), or set them."
        )


@dataclass(slots=True)
class Answer:
    """What came of a turn: in how many batches its text came, and whether a tool was called."""

    batches: int = 0
    called: bool = False
    error: dict[str, Any] | None = None


def _key_step(answer: Answer, has_key: bool) -> Step:
    kind = answer.error["kind"] if answer.error else None
    if kind in ("auth", "permission"):
        return Step("FAIL", "key", f"refused: {_told(answer)}")
    if kind is None or kind in _TAKES_KEY:
        return Step("ok", "key", "accepted" if has_key else "none is needed")
    return Step("?", "key", "cannot be told, as the request failed")


def _model_step(answer: Answer, model: str) -> Step:
    if answer.error is None:
        return Step("ok", "model", f"{model} answers")
    if answer.error["kind"] in ("auth", "permission"):
        return Step("?", "model", "cannot be told, as the key was refused")
    return Step("FAIL", "model", _told(answer))


def _streaming_step(answer: Answer) -> Step:
    if answer.batches > 1:
        return Step("ok", "streaming", f"the answer came in {answer.batches} parts")
    return Step("?", "streaming", "the answer came at once: short answers may, or something on the way buffers")


def _tools_step(answer: Answer) -> Step:
    if answer.called:
        return Step("ok", "tools", "the model called one")
    if answer.error:
        return Step("FAIL", "tools", f"a request with tools fails: {_told(answer)}")
    return Step("?", "tools", "the request is accepted, but the model called none")


def _told(answer: Answer) -> str:
    error = answer.error or {}
    return " ".join(part for part in (f"{error.get('message')} ({error.get('kind')}).", error.get("hint")) if part)


class Recorder:
    """A transport that keeps the last request and the headers of its answer, and names the `origin` of a page."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.origin: str | None = None
        self.request: HttpRequest | None = None
        self.headers: Mapping[str, str] = {}

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[HttpResponse]:
        self.request = request
        named = {**request.headers, "origin": self.origin} if self.origin else request.headers
        async with self._transport.stream(replace(request, headers=named)) as response:
            self.headers = response.headers
            yield response
