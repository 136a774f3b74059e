"""The rows of the matrix that are bundlers, and the only place where their versions are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REACT: Final = {"react": "19.3.1", "react-dom": "19.3.1"}
TOOLS: Final[dict[str, dict[str, str]]] = {
    "esbuild": {"esbuild": "0.28.2"},
    "next": {"next": "16.4.6", **REACT},
    "parcel": {"parcel": "2.16.4"},
    "rollup": {"rollup": "4.68.8", "@rollup/plugin-node-resolve": "16.0.3"},
    "types": {"typescript": "7.0.2", "publint": "0.3.25", "@arethetypeswrong/cli": "0.18.5"},
    "vite 7": {"vite": "7.3.8"},
    "vite 8": {"vite": "8.3.8"},
    "webpack": {"webpack": "5.113.0", "webpack-cli": "7.3.1", "webpack-dev-server": "6.1.0"},
}
_ESBUILD: Final = "esbuild main.js --bundle --outfile=public/main.js"
COPY: Final = "sparewheel copy public/sparewheel"


@dataclass(frozen=True)
class Bundler:
    """A project as docs/bundlers has it: `commands` are run in it, then `folder` is served, or `server` is started.

    tool: a key of `TOOLS`
    server: a command that serves the project on {port}
    classic: the bundle is no module
    """

    tool: str
    commands: tuple[str, ...] = ()
    folder: str = ""
    server: str = ""
    classic: bool = False

    @property
    def source(self) -> str:
        """The folder of docs/bundlers."""
        return self.tool.partition(" ")[0]


def _vite(tool: str) -> dict[str, Bundler]:
    options = "--port {port} --strictPort"
    return {
        f"{tool} dev": Bundler(tool, server=f"vite {options}"),
        f"{tool} build": Bundler(tool, ("vite build",), "dist"),
        f"{tool} preview": Bundler(tool, ("vite build",), server=f"vite preview {options}"),
    }


BUNDLERS: Final[dict[str, Bundler]] = {
    **_vite("vite 8"),
    **_vite("vite 7"),
    "webpack dev": Bundler("webpack", (COPY,), server="webpack serve --mode development --port {port}"),
    "webpack prod": Bundler("webpack", (COPY, "webpack --mode production"), "public"),
    "esbuild esm": Bundler("esbuild", (COPY, f"{_ESBUILD} --format=esm"), "public"),
    "esbuild iife": Bundler("esbuild", (COPY, f"{_ESBUILD} --format=iife"), "public", classic=True),
    "rollup": Bundler("rollup", (COPY, "rollup -c"), "public"),
    "parcel": Bundler("parcel", ("parcel build index.html --dist-dir public", COPY), "public"),
    "next dev": Bundler("next", (COPY,), server="next dev --port {port}"),
    "next export": Bundler("next", (COPY, "next build"), "out"),
}
