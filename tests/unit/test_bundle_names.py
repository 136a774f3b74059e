"""Names with hashes, the archive of late files, the service worker's list."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from packaging.utils import parse_wheel_filename

from bundle.naming import LENGTH, digest, digest_files, hashed, hashed_wheel
from bundle.offline import service_worker
from bundle.packages import closure
from bundle.preload import imports, with_preloads
from bundle.snapshot import pack_site
from bundle.stamp import stamped
from sparewheel.headless.static import HASHED


def test_a_name_follows_the_content() -> None:
    first, second = hashed("snapshot.bin", b"1"), hashed("snapshot.bin", b"2")
    assert first == f"snapshot.{digest(b'1')}.bin" != second
    assert HASHED.findall(first) == [digest(b"1")]


def test_contents_are_not_confused_with_each_other(tmp_path: Path) -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").write_bytes(b"1")
    assert digest_files([tmp_path / "a"]) != digest_files([tmp_path / "b"])


def test_a_wheel_with_a_hash_is_still_a_wheel() -> None:
    name = hashed_wheel("ruamel_yaml-0.19.1-py3-none-any.whl", b"1")
    distribution, version, build, _ = parse_wheel_filename(name)
    assert (distribution, str(version)) == ("ruamel-yaml", "0.19.1")
    assert build == (0, f"_{digest(b'1')}")
    assert HASHED.search(name)
    assert len(digest(b"1")) == LENGTH


def test_a_closure_is_a_package_and_all_it_needs() -> None:
    packages = {
        name: {"name": name, "depends": list(needs)} for name, needs in {"a": "bc", "b": "c", "c": "b", "d": ""}.items()
    }
    assert {package["name"] for package in closure(packages, "a")} == {"a", "b", "c"}


def test_the_archive_of_late_files_leaves_native_modules_out(tmp_path: Path) -> None:
    for name, content in {"p/a.pyc": b"123", "p/native.so": b"so", "p-1.dist-info/METADATA": b"Name: p"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    index, contents = pack_site(tmp_path).split(b"\n", 1)
    assert json.loads(index) == [["p/a.pyc", 3], ["p-1.dist-info/METADATA", 7]]
    assert contents == b"123Name: p"


def test_the_service_worker_is_another_one_for_every_other_build() -> None:
    plan: dict[str, Path | bytes] = {"index.html": b"1", "a.whl": b"w", "licenses/x.txt": b"t", "sparewheel.d.ts": b"d"}
    for late in ("app/editor-12.js", "app/chain-form-12.js", "app/agents/models.json", "agent-schema.json"):
        plan[late] = b"loaded when it is opened"
    script = service_worker(plan, b"// its script").decode()
    assert script.startswith("// its script\n")
    build = json.loads(script.rpartition("serve(")[2].rpartition(");")[0])
    assert list(build["files"]) == ["index.html"]
    same, other = ({**plan, name: b"2"} for name in ("a.whl", "index.html"))
    assert service_worker(other, b"") != service_worker(plan, b"") == service_worker(same, b"")
    assert service_worker(plan, b"1")[:-1] != service_worker(plan, b"2")[:-1]


PLACES: dict[str, Path | bytes] = {
    "lock.json": b"{}",
    "index.html": b'<meta content="{{build}}" /><link href="sparewheel-ABCD2345.js" />',
    "sparewheel.js": b'export * from "./sparewheel-ABCD2345.js";',
    "sparewheel-ABCD2345.js": b'BUILD = "{{build}}"',
    "worker.js": b'["{{build}}", "{{lock}}"]',
    "notes.txt": b"{{build}}",
}


def test_every_script_says_which_build_it_is_of() -> None:
    plan = stamped(PLACES, "lock.json")
    build, lock = json.loads(bytes(plan["worker.js"]))
    assert lock == hashlib.sha256(b"{}").hexdigest()
    assert len(build) == LENGTH
    chunk = f'BUILD = "{build}"'.encode()
    name = f"sparewheel-{digest(chunk)}.js"
    assert plan == {
        "lock.json": b"{}",
        "index.html": f'<meta content="{build}" /><link href="{name}" />'.encode(),
        "sparewheel.js": f'export * from "./{name}";'.encode(),
        name: chunk,
        "worker.js": json.dumps([build, lock]).encode(),
        "notes.txt": b"{{build}}",
    }
    for changed in ("lock.json", "notes.txt", "sparewheel.js"):
        others = stamped(PLACES | {changed: b"other"}, "lock.json")
        assert others["worker.js"] != plan["worker.js"]


CHUNKS: dict[str, Path | bytes] = {
    "lock.json": b"{}",
    "app/main.js": b'import "./chunk-AAAA2222.js"; import("./late-BBBB3333.js");',
    "app/chunk-AAAA2222.js": b'import("./late-BBBB3333.js");',
    "app/late-BBBB3333.js": b'import "./chunk-AAAA2222.js"; import "./part-CCCC4444.js";',
    "app/part-CCCC4444.js": b"1;",
}


def test_a_chunk_has_another_name_when_one_that_it_imports_has_changed() -> None:
    """The chunks import each other in a circle, as `import()` of a module that shares code with its importer does."""
    plan = stamped(CHUNKS, "lock.json")
    names = [name for name in plan if name.startswith("app/") and name != "app/main.js"]
    assert all(HASHED.search(name) for name in names)
    texts = b"".join(bytes(content) for name, content in plan.items() if name.endswith(".js"))
    assert texts.count(b"./chunk-") == texts.count(names[0].removeprefix("app").encode()) == 2
    assert b"AAAA2222" not in texts
    assert b"BBBB3333" not in texts
    others = stamped(CHUNKS | {"app/part-CCCC4444.js": b"2;"}, "lock.json")
    assert not set(names) & set(others)
    others = stamped(CHUNKS | {"app/main.js": b"2;"}, "lock.json")
    assert set(names) <= set(others)


def test_a_page_asks_for_all_its_modules_at_once(tmp_path: Path) -> None:
    sources = {
        "app/main.js": 'import { a } from "../a.js";\nimport {\n  b,\n} from "./b.js";\n\nimport("../late.js");\n',
        "app/b.js": "// import x from \"./x.js\"\nimport '../a.js';\n",
        "a.js": 'export { c } from "./lib/c.js";\n/** @type {import("./types.js").T} */\n',
        "lib/c.js": 'export const c = 1;\nconst text = "./d.js";\n',
    }
    files = {name: tmp_path / name.replace("/", "-") for name in sources}
    for name, source in sources.items():
        files[name].write_text(source)
    assert imports("app/main.js", files) == ["a.js", "app/b.js", "lib/c.js"]
    page = '<head>\n    <script type="module" src="app/main.js"></script>\n</head>'
    links = "".join(f'    <link rel="modulepreload" href="{name}" />\n' for name in ("a.js", "app/b.js", "lib/c.js"))
    assert with_preloads(page, files) == page.replace("    <script", f"{links}    <script")
    assert with_preloads("<p>no script</p>", files) == "<p>no script</p>"
