"""Child processes, locks, and the pins of the downloads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bundle import shell
from bundle.fetch import BUILD_WHEEL_LIST, WHEEL_LIST, wheel_hashes
from bundle.shell import BuildError, alone, become, logged


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The build's cache, in a folder of the test's own."""
    monkeypatch.setattr(shell, "ROOT", tmp_path)
    monkeypatch.setattr(shell, "CACHE", tmp_path / ".cache")
    return tmp_path / ".cache"


def test_a_failed_child_is_one_line_that_names_the_log(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        logged(
            [sys.executable, "-c", "import sys; print('all the details'); sys.exit(3)"], "pip", "no tools", cwd=tmp_path
        )
    assert str(caught.value) == f"no tools (details: {Path('.cache/logs/pip.log')})"
    assert "all the details" in (cache / "logs/pip.log").read_text()


def test_a_child_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^no tools \(.*no-such-program: No such file or directory\)$"):
        logged([tmp_path / "no-such-program"], "pip", "no tools", cwd=tmp_path)


PREAMBLE = f"""
import sys
sys.path.insert(0, {str(Path(shell.__file__).parents[1])!r})
from pathlib import Path
from bundle import shell
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_a_second_process_waits_for_the_first(cache: Path) -> None:
    source = f"{PREAMBLE}shell.CACHE = Path({str(cache)!r})\nwith shell.alone('build'): print('mine', flush=True)"
    with alone("build"):
        child = subprocess.Popen(
            [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert child.stderr is not None
        assert child.stderr.readline() == "build: waiting for another build to finish\n"
        assert child.poll() is None
    out, _ = child.communicate()
    assert (child.returncode, out) == (0, "mine\n")


def test_becoming_another_program_keeps_its_exit_code_and_output() -> None:
    other = "[sys.executable, '-c', 'import sys; print(sys.argv[1]); sys.exit(7)', 'second']"
    source = f"{PREAMBLE}print('first')\nshell.become({other})"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, "first\nsecond\n", "")


def test_becoming_what_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        become([tmp_path / "no-such-program"])


def test_every_wheel_of_the_list_is_pinned_and_hashed() -> None:
    assert len(wheel_hashes(WHEEL_LIST)) >= 8
    assert len(wheel_hashes(BUILD_WHEEL_LIST)) >= 8


@pytest.mark.parametrize("line", ["pydantic>=2", "pydantic==2.14.3", f"pydantic --hash=sha256:{'0' * 64}"])
def test_a_wheel_without_pin_or_hash_fails(line: str, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels.txt"
    wheels.write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(BuildError, match=r"^wheels\.txt: not `NAME==VERSION"):
        wheel_hashes(wheels)
