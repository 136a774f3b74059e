"""The licence of everything in `dist/`: one text per bundled thing under `licenses/`, and an index of them."""

from __future__ import annotations

import email
import json
import re
import zipfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING, cast

from bundle.shell import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message
    from pathlib import Path

LICENSE_FILE = re.compile(r"(^|/)(LICEN[CS]E|COPYING|NOTICE|AUTHORS)([.-][\w.-]+)?$", re.IGNORECASE)

# Pyodide's npm package carries no licence text. These wheels are under the same licences and carry the full texts.
TEXT_FROM = {"MPL-2.0": "micropip", "PSF-2.0": "typing-extensions"}
PYODIDE_NOTICE = """\
Pyodide {version}, licensed under the Mozilla Public License 2.0, as published in the npm package `pyodide`, except that
pyodide.mjs and pyodide.asm.mjs do not import the package `ws`, do not name a source map, and read their files by
`globalThis.sparewheelFiles` where that is set.
Source: {source}

Compiled into pyodide.asm.wasm are, besides CPython, which has a text of its own here: bzip2 (bzip2-1.0.6), Emscripten's
system libraries (MIT OR NCSA; musl: MIT; LLVM's runtimes: Apache-2.0 WITH LLVM-exception), expat (MIT), HACL* (MIT),
libffi (MIT), liblzma (0BSD), mpdecimal (BSD-2-Clause), SQLite (public domain), zlib (Zlib), Zstandard (BSD-3-Clause).
Pyodide's source lists the origin of each.

The full text of Pyodide's licence follows.
"""
CPYTHON_NOTICE = """\
CPython {version}, built as a part of Pyodide (pyodide.asm.wasm, python_stdlib.zip), licensed under the Python Software
Foundation License Version 2.
Source: https://www.python.org/downloads/source/ and Pyodide's patches at {source}
Copyright (c) 2001 Python Software Foundation; All Rights Reserved. The full text of the licence follows.
"""


@dataclass(frozen=True)
class Notice:
    """The index entry of one bundled thing; `license` is an SPDX expression if its metadata has one."""

    name: str
    version: str
    license: str
    source: str
    file: str


def license_files(
    wheels: Iterable[Path],
    pyodide: dict[str, str],
    python: str,
    own: str,
    data: Iterable[str] = (),
    scripts: Iterable[Path] = (),
) -> dict[str, bytes]:
    """Collect the files of `licenses/`, by path below `dist/`.

    Args:
        wheels: the bundled wheels of other projects.
        pyodide: `version`, SPDX `license` and `source` of Pyodide.
        python: the version of CPython inside Pyodide.
        own: the text of Sparewheel's licence.
        data: installed distributions whose data, but not code, is bundled.
        scripts: the folders of npm packages whose code is in the bundled scripts.

    Raises:
        BuildError: a thing has neither a licence text nor an SPDX expression.
    """
    texts: dict[str, str] = {}
    standard: dict[str, str] = {}
    notices: list[Notice] = []
    for notice, found in [
        *map(wheel_license, sorted(wheels)),
        *map(installed_license, data),
        *map(package_license, scripts),
    ]:
        notices.append(notice)
        texts[notice.name] = f"{notice.name} {notice.version}: {notice.license}\n{notice.source}\n\n" + "\n".join(found)
        if notice.name in TEXT_FROM.values() and found:
            standard[notice.name] = found[0]
    source = pyodide["source"]
    for name, version, spdx, header in (
        ("pyodide", pyodide["version"], pyodide["license"], PYODIDE_NOTICE),
        ("cpython", python, "PSF-2.0", CPYTHON_NOTICE),
    ):
        if TEXT_FROM.get(spdx) not in standard:
            raise BuildError(f"no text of {name}'s licence {spdx} among the bundled wheels")
        notices.append(Notice(name, version, spdx, source, f"{name}-{version}.txt"))
        texts[name] = header.format(version=version, source=source) + "\n" + standard[TEXT_FROM[spdx]]
    files = {f"licenses/{notice.file}": texts[notice.name].encode() for notice in notices}
    index = sorted((asdict(notice) for notice in notices), key=lambda entry: str(entry["name"]))
    return {**files, "licenses/index.json": (json.dumps(index, indent=1) + "\n").encode(), "LICENSE": own.encode()}


def wheel_license(wheel: Path) -> tuple[Notice, list[str]]:
    """Read what a wheel's metadata declares, and every licence text in it: its own first, then vendored code's.

    Raises:
        BuildError: it has no text and declares no SPDX expression.
    """
    metadata = read_metadata(wheel)
    name, version = metadata["Name"].replace("_", "-").lower(), metadata["Version"]
    declared = metadata["License-Expression"]
    with zipfile.ZipFile(wheel) as archive:
        own = _dist_info(archive)
        found = [path for path in archive.namelist() if LICENSE_FILE.search(path)]
        found.sort(key=lambda path: (not path.startswith(own), path))
        texts = [f"--- {path}\n\n{archive.read(path).decode('utf-8').strip()}\n" for path in found]
    if not texts and not declared:
        raise BuildError(f"{wheel.name} has no licence text and declares no SPDX licence: it cannot be bundled")
    if not declared:  # the older field is free text, at times the whole licence
        declared = (metadata["License"] or "see the text").strip().splitlines()[0]
    return Notice(name, version, declared, _source(metadata), f"{name}-{version}.txt"), texts


def installed_license(name: str) -> tuple[Notice, list[str]]:
    """Read the SPDX expression and the licence texts of an installed distribution.

    Raises:
        BuildError: it is not installed, or lacks one of them.
    """
    try:
        found = distribution(name)
    except PackageNotFoundError as error:
        raise BuildError(f"{name} is not installed: run build.py, which makes .venv") from error
    metadata = cast("Message", found.metadata)
    files = [path for path in found.files or [] if LICENSE_FILE.search(path.as_posix())]
    texts = [f"--- {path}\n\n{path.read_text(encoding='utf-8').strip()}\n" for path in files]
    declared = metadata["License-Expression"]
    if not texts or not declared:
        raise BuildError(f"{name} has no licence text or declares no SPDX licence: its data cannot be bundled")
    return Notice(name, found.version, declared, _source(metadata), f"{name}-{found.version}.txt"), texts


def package_license(folder: Path) -> tuple[Notice, list[str]]:
    """Read the SPDX expression and the licence texts of an npm package.

    Raises:
        BuildError: it lacks one of them.
    """
    about = json.loads((folder / "package.json").read_text("utf-8"))
    name, version, declared = about["name"], about["version"], about.get("license")
    files = sorted(path for path in folder.iterdir() if LICENSE_FILE.search(path.name))
    if not files or not isinstance(declared, str):
        raise BuildError(f"{name} has no licence text or declares no SPDX licence: it cannot be bundled")
    texts = [f"--- {path.name}\n\n{path.read_text('utf-8').strip()}\n" for path in files]
    source = about.get("repository") or ""
    url = source["url"] if isinstance(source, dict) else f"https://github.com/{source}"
    url = url.removeprefix("git+").replace("git://", "https://", 1)
    return Notice(name, version, declared, url, f"{name}-{version}.txt"), texts


def read_metadata(wheel: Path) -> Message:
    """Read a wheel's core metadata (https://packaging.python.org/specifications/core-metadata)."""
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(f"{_dist_info(archive)}/METADATA"))


def _dist_info(archive: zipfile.ZipFile) -> str:
    """Name a wheel's `.dist-info` folder."""
    return next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA")).partition("/")[0]


def _source(metadata: Message) -> str:
    """The project's source or home page, from its `Project-URL` and `Home-page` fields."""
    urls = {}
    for line in metadata.get_all("Project-URL") or []:
        label, _, url = line.partition(",")
        urls[label.strip().lower()] = url.strip()
    for label in ("source", "source code", "repository", "github", "homepage"):
        if label in urls:
            return str(urls[label])
    return str(metadata["Home-page"] or next(iter(urls.values()), ""))
