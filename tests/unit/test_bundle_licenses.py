"""The licences of what is bundled."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from bundle.licenses import installed_license, license_files, package_license, wheel_license
from bundle.shell import BuildError

PYODIDE = {"version": "9.9", "license": "MPL-2.0", "source": "https://example.test/pyodide"}


def make_wheel(folder: Path, name: str, metadata: str, **files: str) -> Path:
    """Write version 1 of a wheel; `files` are texts by path, with `DIST/` for the dist-info folder."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-1.dist-info/METADATA", f"Name: {name}\nVersion: 1\n{metadata}")
        for file, text in files.items():
            archive.writestr(file.replace("DIST/", f"{name}-1.dist-info/"), text)
    return path


def standard_wheels(folder: Path) -> list[Path]:
    """The wheels whose licence texts stand for Pyodide's and CPython's."""
    return [
        make_wheel(folder, "micropip", "License: Mozilla\n", **{"DIST/licenses/LICENSE": "MPL text"}),
        make_wheel(folder, "typing_extensions", "License-Expression: PSF-2.0\n", **{"DIST/LICENSE": "PSF text"}),
    ]


def test_own_and_vendored_texts_are_found(tmp_path: Path) -> None:
    files = {
        "thing/_vendored/other/LICENSE.BSD": "vendored text",
        "thing/licenses/__init__.py": "not a licence",
        "DIST/licenses/LICENCE": "own text",
    }
    wheel = make_wheel(tmp_path, "thing", "License-Expression: MIT\nProject-URL: Source, https://s.test\n", **files)
    notice, texts = wheel_license(wheel)
    assert (notice.name, notice.version, notice.license, notice.source) == ("thing", "1", "MIT", "https://s.test")
    assert texts == [
        "--- thing-1.dist-info/licenses/LICENCE\n\nown text\n",
        "--- thing/_vendored/other/LICENSE.BSD\n\nvendored text\n",
    ]


def test_the_old_field_gives_its_first_line(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "thing", "License: MIT License\n        Copyright me\n", LICENSE="text")
    assert wheel_license(wheel)[0].license == "MIT License"


def test_an_spdx_expression_alone_is_enough(tmp_path: Path) -> None:
    notice, texts = wheel_license(make_wheel(tmp_path, "thing", "License-Expression: MIT\n"))
    assert (notice.license, texts) == ("MIT", [])


@pytest.mark.parametrize("metadata", ["", "License: MIT\n"])
def test_without_text_and_expression_the_build_fails(tmp_path: Path, metadata: str) -> None:
    with pytest.raises(BuildError, match=r"^thing-1-py3-none-any\.whl has no licence text"):
        wheel_license(make_wheel(tmp_path, "thing", metadata))


def test_the_folder_has_a_text_for_each_thing_in_the_index(tmp_path: Path) -> None:
    files = license_files(standard_wheels(tmp_path), PYODIDE, "3.14.2", "our text")
    index = json.loads(files.pop("licenses/index.json"))
    assert files.pop("LICENSE") == b"our text"
    assert [entry["name"] for entry in index] == ["cpython", "micropip", "pyodide", "typing-extensions"]
    assert {f"licenses/{entry['file']}" for entry in index} == set(files)
    assert "MPL text" in files["licenses/pyodide-9.9.txt"].decode()
    assert "https://example.test/pyodide" in files["licenses/pyodide-9.9.txt"].decode()
    assert "PSF text" in files["licenses/cpython-3.14.2.txt"].decode()


def test_pyodide_under_a_licence_without_a_text_fails(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"^no text of pyodide's licence GPL-3\.0 among the bundled wheels$"):
        license_files(standard_wheels(tmp_path), {**PYODIDE, "license": "GPL-3.0"}, "3.14.2", "our text")


def test_bundled_data_brings_the_licence_of_its_package(tmp_path: Path) -> None:
    files = license_files(standard_wheels(tmp_path), PYODIDE, "3.14", "own", data=["genai-prices"])
    [entry] = [entry for entry in json.loads(files["licenses/index.json"]) if entry["name"] == "genai-prices"]
    assert entry["license"] == "MIT"
    assert b"Permission is hereby granted" in files[f"licenses/{entry['file']}"]
    with pytest.raises(BuildError, match="no-such-thing is not installed"):
        installed_license("no-such-thing")


def test_an_npm_package_needs_a_text_and_a_license(tmp_path: Path) -> None:
    about = {"name": "p", "version": "1.2.3", "license": "MIT", "repository": "who/p"}
    (tmp_path / "package.json").write_text(json.dumps(about))
    with pytest.raises(BuildError, match="p has no licence text"):
        package_license(tmp_path)
    (tmp_path / "LICENSE").write_text("The text.")
    notice, texts = package_license(tmp_path)
    assert (notice.name, notice.license, notice.source) == ("p", "MIT", "https://github.com/who/p")
    assert texts == ["--- LICENSE\n\nThe text.\n"]
