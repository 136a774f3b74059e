"""Chromium's DevTools over a pipe, attached to a page only for as long as something is asked.

Nothing listens while turns run: remote.py says what that would cost.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Final

_FLAG: Final = "--remote-debugging-pipe"
_READS, _WRITES = 3, 4  # the browser's ends of the pipes, by numbers that are fixed


class DevTools:
    """Made before the browser, which is started by `command` and inherits `ends`. Calls block."""

    def __init__(self) -> None:
        reads, ours = os.pipe()
        mine, writes = os.pipe()
        self.ends = (reads, writes)
        self._requests = os.fdopen(ours, "wb", buffering=0)
        self._answers = os.fdopen(mine, "rb")
        self._calls = 0
        self._workers: dict[str, str] = {}  # sessions by the name of the worker's script

    def command(self, executable: str) -> list[str]:
        """What to start in the place of `executable`: it becomes the browser."""
        return [sys.executable, __file__, *map(str, self.ends), executable, _FLAG]

    def started(self) -> None:
        """The browser has its ends; they have to be closed here, so that it shows when it ends."""
        for end in self.ends:
            os.close(end)

    def close(self) -> None:
        self._requests.close()
        self._answers.close()

    def heaps(self, worker: str) -> dict[str, float]:
        """Collect what is garbage in the page and in that worker; what their JavaScript heaps hold then, in MB."""
        targets = self._call("Target.getTargets")["targetInfos"]
        [target] = [each["targetId"] for each in targets if each["type"] == "page"]
        page = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._workers.clear()
        self._call("Target.setAutoAttach", page, autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
        while worker not in self._workers:
            self._read()
        sessions = {"page": page, "worker": self._workers[worker]}
        for session in [*sessions.values()] * 2:  # what one of them holds of the other goes in the second round
            self._call("HeapProfiler.collectGarbage", session)
        used = {name: self._call("Runtime.getHeapUsage", session)["usedSize"] for name, session in sessions.items()}
        self._call("Target.detachFromTarget", sessionId=page)
        return {name: size / 1e6 for name, size in used.items()}

    def _call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        self._calls += 1
        request = {"id": self._calls, "method": method, "params": params}
        if session is not None:
            request["sessionId"] = session
        self._requests.write(json.dumps(request).encode() + b"\0")
        while (message := self._read()).get("id") != self._calls:
            pass
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']}")
        result: dict[str, Any] = message["result"]
        return result

    def _read(self) -> dict[str, Any]:
        """The next message, noted if it names a worker."""
        text = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has ended")
            text += byte
        message: dict[str, Any] = json.loads(text)
        if message.get("method") == "Target.attachedToTarget":
            params = message["params"]
            script = params["targetInfo"]["url"].partition("?")[0].rpartition("/")[2]
            self._workers[script] = params["sessionId"]
        return message


def _become(reads: str, writes: str, *command: str) -> None:
    """Move the ends to where the browser looks for them. Copied first: one may have the number of the other's place."""
    copies = os.dup(int(reads)), os.dup(int(writes))
    for end, place in zip(copies, (_READS, _WRITES), strict=True):
        os.dup2(end, place)
        os.set_inheritable(place, True)  # a copy that was made right there is not
    os.execv(command[0], command)


if __name__ == "__main__":
    _become(*sys.argv[1:])
