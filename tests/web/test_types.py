"""The types of the embed API and of the protocol refuse misspelt names."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from bundle.checks import TSC
from bundle.shell import WEB

MISSPELT = """
import { Client } from "WEB/client/client.js";
import { createRuntime } from "WEB/sparewheel.js";
export async function misspelt(client: Client) {
  await client.request("creat_session", { session: "s", yaml: "" });
  const runtime = await createRuntime();
  await runtime.createSession({ yaml: "", autoaprove: true });
}
"""


def test_tsc_fails_for_a_misspelt_command_and_a_misspelt_option(tmp_path: Path) -> None:
    (tmp_path / "misspelt.ts").write_text(MISSPELT.replace("WEB", WEB.as_posix()))
    config = {"extends": f"{WEB.as_posix()}/tsconfig.json", "files": ["misspelt.ts"], "include": [], "exclude": []}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    done = subprocess.run([*TSC, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode != 0
    assert re.findall(r"misspelt\.ts\((\d+),", done.stdout) == ["5", "7"]
    assert '"creat_session"' in done.stdout
    assert "'autoaprove' does not exist" in done.stdout
