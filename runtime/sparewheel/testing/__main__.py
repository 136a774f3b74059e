"""`python -m sparewheel.testing`: the scripted provider as a command.

Prints its URL on stdout and a line for each request on stderr.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import jsonscript
from .script import Reply
from .server import ScriptedProvider

if TYPE_CHECKING:
    from .record import Request


def hello(request: Request) -> Reply:
    """The reply where there is no script: a greeting in the wire format of the request."""
    build = jsonscript.BUILDERS[request.format or "openai_chat"]
    text = ["Hello", " from", " the", " scripted", " provider."]
    return Reply(build(text=text, model=request.model or "unknown"), every=0.05)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted, then return 0. Return 2 if the script or the port cannot be used."""
    options = _parser().parse_args(arguments)
    try:
        server = ScriptedProvider(strict=options.strict, cors=options.cors, host=options.host, port=options.port)
        if options.script is None:
            server.default(hello)
        else:
            models, default = jsonscript.parse_script(json.loads(options.script.read_text("utf-8")))
            server.default(*default)
            for model, replies in models.items():
                server.script(model, *replies)
        server.start()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"sparewheel.testing: {error}\n")
        return 2
    # SIGTERM stops it like Ctrl-C. SIGINT is set as well: a background job of a shell starts with SIGINT ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    try:
        _report(server)
    except KeyboardInterrupt:
        server.close()
    return 0


def _report(server: ScriptedProvider) -> None:
    """Print a line for each request, without end."""
    for number in itertools.count(1):
        request = server.wait_for_request(number, timeout=None)
        note = f" refused: {request.violation}" if request.violation else ""
        sys.stderr.write(f"{number} {request.method} {request.path} {request.model or '-'}{note}\n")
        sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sparewheel.testing",
        description="A model API that plays a script. Without a script it sends a greeting, in every wire format.",
        epilog=f"The script file. {jsonscript.__doc__}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--script", type=Path, metavar="FILE", help="JSON file with the replies")
    parser.add_argument("--strict", action="store_true", help="refuse requests that the vendor would refuse")
    parser.add_argument("--no-cors", dest="cors", action="store_false", help="send no Access-Control headers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
