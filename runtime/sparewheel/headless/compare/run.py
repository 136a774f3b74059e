"""Asks the rows of a file by several agent files at the same time, then compares what they have answered."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ...batch import DEFAULT_PARALLEL
from ...batch.files import Prompts
from ...errors import ConfigError
from ..batch import BatchReport, run_batch
from . import markdown, page
from .candidate import Candidate
from .comparison import Comparison, Difference
from .expected import Expected
from .pairs import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from ..batch.job import Engine
    from .expected import Check

SHOWN: Final = 20  # rows that a report shows


async def compare(
    agents: Sequence[str | os.PathLike[str]],
    rows: str | os.PathLike[str] | Iterable[Mapping[str, Any]],
    out: str | os.PathLike[str],
    *,
    columns: Mapping[str, str] | None = None,
    expect: str | None = None,
    check: Check = "exact",
    env: Mapping[str, str] | None = None,
    auto_approve: bool = False,
    engine: Engine | None = None,
    concurrency: int = DEFAULT_PARALLEL,
    processes: int = 1,
    rpm: float | None = None,
    tpm: float | None = None,
    budget: float | None = None,
    limit: int | None = None,
    retry_failed: bool = False,
    shown: int = SHOWN,
    dist: str | os.PathLike[str] | None = None,
    on_progress: Callable[[str, BatchReport], object] | None = None,
) -> Comparison:
    """Ask the prompt of every row by each agent file, and write the results side by side.

        comparison = await compare(["a.yaml", "b.yaml"], "in.jsonl", "out", env={"MY_KEY": key}, expect="answer")

    All are asked at the same time, so that an hour in which a provider is slow is the same for each. The folder has the
    outcomes (`NAME.jsonl`, the state of the run, as of a batch: what is in it is not asked again) and the reports
    `report.md`, `report.html` and `report.json`.

    Args:
        agents: Paths of two or more agent files. The others are compared with the first.
        rows, columns, env, auto_approve, engine, concurrency, processes, retry_failed, dist: As of `run_batch`.
        out: A folder; it is made.
        expect: The column with the expected answer. None: answers are not checked.
        check: How an answer is compared with it: `exact`, `contains`, `json` or `pattern`.
        rpm, tpm: Requests and tokens a minute, of all agent files together.
        budget: US dollars that the rows of each agent file may cost.
        limit: Ask the first rows only, so many.
        shown: How many rows whose answers differ the reports show.
        on_progress: Called with the name of an agent file and the report of its batch whenever rows have been written.

    Raises:
        ConfigError: an option, an agent file or the rows cannot be used, or the folder cannot be written.
        SparewheelError: a runtime does not start.
    """
    names = _names(agents)
    given = rows if isinstance(rows, str | os.PathLike) else list(rows)
    prompts = Prompts(given if isinstance(given, list) else Path(given), columns)
    values = await asyncio.to_thread(prompts.column, expect) if expect is not None else {}
    expected = Expected(values, check)
    if expect is not None and not values:
        raise ConfigError(f"no row has the column {expect!r}"[:200], "Name the column of the expected answer.")
    folder = _folder(out)
    share = len(names)

    def told(name: str) -> Callable[[BatchReport], object] | None:
        return None if on_progress is None else lambda report: on_progress(name, report)

    await _together(
        run_batch(
            path,
            given,
            folder / f"{name}.jsonl",
            columns=columns,
            env=env,
            auto_approve=auto_approve,
            engine=engine,
            concurrency=concurrency,
            processes=processes,
            rpm=rpm and rpm / share,
            tpm=tpm and tpm / share,
            budget=budget,
            limit=limit,
            retry_failed=retry_failed,
            dist=dist,
            on_progress=told(name),
        )
        for name, path in names.items()
    )
    return await asyncio.to_thread(
        _compared, prompts, names, folder, expected, limit, shown, None if expect is None else check
    )


def _names(agents: Sequence[str | os.PathLike[str]]) -> dict[str, str | os.PathLike[str]]:
    """The agent files by their names, without the ending."""
    if isinstance(agents, str | os.PathLike) or len(agents) < 2:
        raise ConfigError("a comparison needs two agent files or more")
    names = {Path(path).stem: path for path in agents}
    if len(names) < len(agents):
        raise ConfigError("two agent files have the same name", "Rename one: the reports call them by their names.")
    if "report" in names:
        raise ConfigError("an agent file has the name of the reports", "Rename report.yaml.")
    return names


def _folder(out: str | os.PathLike[str]) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}", "Name another folder with --out.") from None
    return folder


async def _together(runs: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Run them at the same time. If one fails, or the task is cancelled, the others end before that is raised."""
    tasks = [asyncio.ensure_future(run) for run in runs]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise


def _compared(
    prompts: Prompts,
    names: Iterable[str],
    folder: Path,
    expected: Expected,
    limit: int | None,
    shown: int,
    check: Check | None,
) -> Comparison:
    """Read what was answered, and write the reports. Raises `ConfigError`."""
    ids = prompts.ids()[:limit]
    candidates = [Candidate.read(name, folder / f"{name}.jsonl", set(ids), expected) for name in names]
    first, *others = candidates
    differing = [name for name in ids if _differs([candidate.rows.get(name) for candidate in candidates])]
    wanted = set(differing[:shown])
    differences = [
        Difference(name, _prompt_text(prompt), expected.of(name)) for name, prompt in prompts if name in wanted
    ]
    pairs = [Pair.of(first, other) for other in others]
    comparison = Comparison(len(ids), candidates, pairs, differences, len(differing), check)
    _write(folder / "report.md", markdown.report(comparison))
    _write(folder / "report.html", page.report(comparison))
    _write(folder / "report.json", f"{json.dumps(comparison.to_dict(), indent=2)}\n")
    return comparison


def _differs(rows: Sequence[Any]) -> bool:
    """Whether these are not all the same answer. A row that a candidate has not been asked yet is none."""
    known = [row for row in rows if row is not None]
    return len({(row.error, row.digest, row.meets) for row in known}) > 1


def _prompt_text(prompt: object) -> str:
    """A prompt, as far as it is text."""
    if isinstance(prompt, list):
        texts = [part.get("text") for part in prompt if isinstance(part, dict)]
        return "\n\n".join(text for text in texts if isinstance(text, str)) or "(no text)"
    return prompt if isinstance(prompt, str) else "(cannot be read)"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
