"""The `sparewheel` wheel for the browser: the package without what drives a browser, tests one or needs sockets."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

from bundle.shell import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TIMESTAMP = "1580601600"  # 2020-02-02, hatchling's own default: equal sources give an equal wheel


def browser_config() -> dict[str, Any]:
    """The project's configuration with the excludes of `[tool.sparewheel.browser-wheel]` applied to the wheel."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for key in ("readme", "classifiers", "keywords", "scripts"):  # they would only make the download larger
        config["project"].pop(key, None)
    config["project"].pop("optional-dependencies", None)  # extras are not installed in a browser
    wheel = config["tool"]["hatch"]["build"]["targets"]["wheel"]
    wheel["exclude"] = [*wheel.get("exclude", []), *config["tool"]["sparewheel"]["browser-wheel"]["exclude"]]
    return config


def release_config(dist: Path) -> dict[str, Any]:
    """The project's configuration for the wheel of a release, which has the files of `dist` as `sparewheel/_dist`."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    config["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"] = {str(dist): "sparewheel/_dist"}
    return config


def build_wheel(folder: Path, config: dict[str, Any]) -> Path:
    """Build a wheel into a folder, remove older ones there, and return its path. Equal sources give equal bytes."""
    from hatchling.builders.wheel import WheelBuilder
    from hatchling.metadata.core import ProjectMetadata
    from hatchling.plugin.manager import PluginManager

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    os.environ["SOURCE_DATE_EPOCH"] = TIMESTAMP
    plugins = PluginManager()
    metadata = ProjectMetadata(str(ROOT), plugins, config)
    builder = WheelBuilder(str(ROOT), plugin_manager=plugins, config=config["tool"]["hatch"], metadata=metadata)
    built = list(builder.build(directory=str(folder), versions=["standard"]))
    return folder / os.path.basename(built[0])
