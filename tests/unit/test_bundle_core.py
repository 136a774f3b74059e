"""Pyodide's own scripts as they are shipped."""

from __future__ import annotations

import pytest

from bundle.core import adapted, core_files
from bundle.fetch import PYODIDE
from bundle.shell import BuildError


def test_the_scripts_import_no_package_and_name_no_source_map() -> None:
    files = core_files(PYODIDE)
    for name in ("pyodide.mjs", "pyodide.asm.mjs"):
        script, original = files[name].read_bytes(), (PYODIDE / name).read_bytes()
        assert b'"ws"' in original
        assert b'"ws"' not in script
        assert b"sourceMappingURL" not in script
        assert abs(len(original) - len(script)) < 90  # nothing else has gone
    assert files["pyodide.asm.wasm"] == PYODIDE / "pyodide.asm.wasm"


@pytest.mark.parametrize("script", [b"", b'await import("ws"); import x from "ws"', b'await import("ws")'])
def test_a_script_of_another_shape_is_refused(script: bytes) -> None:
    with pytest.raises(BuildError, match="adapt runtime/bundle/core"):
        adapted("pyodide.mjs", script)
