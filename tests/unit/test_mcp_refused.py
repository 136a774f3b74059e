"""Remote MCP servers that a browser does not let the page ask: the toolset tells which header is missing."""

from __future__ import annotations

from typing import Any

from sparewheel.errors import ErrorInfo, TransportError
from tests.support.fakeloop import run
from tests.support.mcpserver import Server, call, opened

MISSING = ErrorInfo("network_or_cors", "It must send Access-Control-Allow-Headers: mcp-session-id.", "Or toolProxy.")

UNKNOWN = ErrorInfo("network_or_cors", "No answer.")


class Refusing(Server):
    """The browser gives the page no answer to requests with one of these headers."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = {name.lower() for name in names}

    def __call__(self, request: Any) -> Any:
        if self.names & {name.lower() for name in request.headers}:
            raise TransportError(MISSING if request.explain else UNKNOWN)
        return super().__call__(request)


def test_the_sentence_of_the_browser_is_that_of_the_toolset() -> None:
    async def main() -> None:
        toolset = opened(Refusing("Accept"))
        assert f"{MISSING.message} {MISSING.hint}" in await call(toolset, "echo")
        await toolset.close()

    run(main())


def test_a_server_that_allows_no_header_of_newer_revisions_works() -> None:
    async def main() -> None:
        toolset = opened(Refusing("Mcp-Method", "MCP-Protocol-Version"))
        assert await call(toolset, "echo", text="hi") == '{"text": "hi"}'
        await toolset.close()

    run(main())


def test_a_server_that_does_not_allow_its_own_session_is_told_apart() -> None:
    async def main() -> None:
        toolset = opened(Refusing("Mcp-Method", "Mcp-Session-Id"))
        assert MISSING.message in await call(toolset, "echo")
        await toolset.close()

    run(main())
