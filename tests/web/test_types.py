"""The types of the embed API and of the protocol refuse misspelt names; the npm package has those of its entries."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from bundle.checks import TSC
from bundle.release import ENTRIES, manifest
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


USER = """
import { createRuntime, type Runtime } from "sparewheel";
import { SparewheelAgent } from "sparewheel/ag-ui";
import { SparewheelTransport } from "sparewheel/ai-sdk";
import "sparewheel/chat";
import { pageTools } from "sparewheel/webmcp";

export async function use(options: {}) {
  const runtime: Runtime = await createRuntime(options);
  const session = await runtime.createSession({ yaml: "", tools: await pageTools() });
  const chat = document.createElement("sparewheel-chat");
  chat.env = { KEY: "k" };
  chat.addEventListener("sparewheel-finish", ({ detail }) => detail.model);
  return [new SparewheelAgent({ session }), new SparewheelTransport({ runtime, session: { yaml: "" } })];
}
"""


@pytest.mark.parametrize("resolution", ["bundler", "nodenext"])
def test_a_strict_project_has_the_types_of_every_entry(tmp_path: Path, resolution: str) -> None:
    package = tmp_path / "node_modules" / "sparewheel"
    for source in [*WEB.glob("*.d.ts"), *(WEB / f"{entry}.d.ts" for entry in ENTRIES.values())]:
        target = package / source.relative_to(WEB)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (package / "package.json").write_text(json.dumps(manifest("1.0.0")))
    (tmp_path / "user.ts").write_text(USER)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    strict = {"strict": True, "exactOptionalPropertyTypes": True, "skipLibCheck": False, "noEmit": True, "types": []}
    module = {"module": "esnext" if resolution == "bundler" else "nodenext", "moduleResolution": resolution}
    lib = {"target": "es2022", "lib": ["es2023", "dom", "dom.iterable", "dom.asynciterable"]}
    config = {"compilerOptions": strict | module | lib, "files": ["user.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    done = subprocess.run([*TSC, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
