"""The service worker: `web/service-worker.js`, bundled, followed by the list of the files of this build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bundle.naming import digest, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "service-worker.js"
LATE = "/site."
LARGE = ("app/editor-", "app/chain-form-", "app/agents/models.json")
FOR_NODE = ("boot/", "assets/", "client/", "node/")
NOT_ONLY_FOR_NODE = ("client/code/sandbox.js",)
FOR_OTHER_PAGES = ("adapters/",)
NOT_NEEDED = (
    "agent-schema.json",
    "oauth-client.json",
    ".d.ts",
    ".txt",
    ".whl",
    ".png",
    "python_stdlib.zip",
    "LICENSE",
    "licenses/index.json",
    NAME,
)


def service_worker(plan: Mapping[str, Path | bytes], script: bytes) -> bytes:
    """The script for a plan of `dist/`. It differs for every plan, so that browsers detect an update.

    Its list has no wheels, which are used only where the snapshot does not work, no archives of late files
    (`web/boot/late.js`), and no editor and form, whose place a plain box takes. They are cached when they are
    requested.

    Args:
        plan: the files, by path.
        script: `web/service-worker.js` as one file: the modules it imports could be of another build.
    """
    files = {
        name: sha256(source)
        for name, source in sorted(plan.items())
        if not name.endswith(NOT_NEEDED)
        and (name in NOT_ONLY_FOR_NODE or not name.startswith((*FOR_NODE, *FOR_OTHER_PAGES, *LARGE)))
        and LATE not in name
    }
    build = digest(script, json.dumps(files).encode())
    return script + f"\nserve({json.dumps({'build': build, 'files': files}, indent=1)});\n".encode()
