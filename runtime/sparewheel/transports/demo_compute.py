"""What the model `demo/computes` does: it writes Python for a question about a CSV file, and tells what that prints."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TOOL: Final = "run_python"
MAX_ROWS: Final = 200  # that tell what a column has
MAX_QUOTE: Final = 2_000  # characters
_NO_TOOL: Final = "I answer with Python code, and this agent has no tool that runs it."
_NO_FILE: Final = "Attach a CSV file with a column of numbers, and ask about it: I sum up one column by another."
_FILE: Final = re.compile(r"^File ([^\n]+):\n(`{3,})\n(.*?)^\2(?!`)", re.DOTALL | re.MULTILINE)
_MEAN: Final = re.compile(r"\b(?:average|mean|typical)\b", re.IGNORECASE)
_DATE: Final = re.compile(r"\d{4}(?:-\d\d){0,2}")


class Table(NamedTuple):
    """A CSV file: its name, what separates its fields, and its columns with their first values."""

    name: str
    separator: str
    columns: dict[str, list[str]]


def next_step(request: Mapping[str, Any]) -> tuple[str, str]:
    """The code to run, and ""; or "", and the answer.

    Args:
        request: the body of a request of OpenAI Chat Completions.
    """
    messages = request["messages"]
    if messages[-1]["role"] == "tool":
        return "", _reported(_text(messages[-1]["content"]))
    if not any(tool["function"]["name"] == TOOL for tool in request.get("tools", ())):
        return "", _NO_TOOL
    texts = [_text(message["content"]) for message in messages if message["role"] == "user"]
    table = next((found for text in reversed(texts) for found in _tables(text)), None)
    question = _FILE.sub("", texts[-1]).strip()
    return (code_for(table, question), "") if table else ("", _NO_FILE)


def code_for(table: Table, question: str) -> str:
    """Python that sums up the column of numbers that the question names by the other column that it names."""
    numbers = [name for name, values in table.columns.items() if _are_numbers(values)]
    value = _named(numbers, question) or numbers[-1]
    others = [name for name in table.columns if name != value]
    group = _named(others, question) or next((name for name in others if name not in numbers), others[0])
    kind = "average" if _MEAN.search(question) else "total"
    digits = 1 if kind == "average" or any("." in text for text in table.columns[value]) else 0
    is_dated = all(_DATE.fullmatch(text) for text in table.columns[group])
    order = "" if is_dated else ", key=lambda pair: pair[1], reverse=True"
    separator = "" if table.separator == "," else f", delimiter={table.separator!r}"
    title = f"{kind.capitalize()} {value} by {group}"
    return f"""\
# {" ".join(title.split())}
import csv
from collections import defaultdict

import pygal

groups = defaultdict(list)
with open({table.name!r}, encoding="utf-8-sig", newline="") as file:
    for row in csv.DictReader(file{separator}):
        try:
            number = float(row[{value!r}])
        except (TypeError, ValueError):
            continue  # a row without a number
        groups[row[{group!r}] or "?"].append(number)

results = {{name: sum(values){" / len(values)" if kind == "average" else ""} for name, values in groups.items()}}
best = max(results, key=results.get)
print(f"{{best}} has the highest {kind}: {{results[best]:,.{digits}f}}.")

ranked = sorted(results.items(){order})
chart = pygal.{"Line" if is_dated else "HorizontalBar"}(title={title!r}, show_legend=False)
chart.x_labels = [name for name, _ in ranked[:24]]
chart.add({value!r}, [number for _, number in ranked[:24]])
display(chart)

[{{{group!r}: name, {f"{kind} {value}"!r}: f"{{number:,.{digits}f}}"}} for name, number in ranked]
"""


def _tables(text: str) -> Iterator[Table]:
    """The files in a prompt that have several columns, one of them of numbers."""
    for name, _, content in _FILE.findall(text):
        lines = content.splitlines()[: MAX_ROWS + 1]
        if len(lines) < 2:
            continue
        separator = max(",;\t|", key=lines[0].count)
        rows = list(csv.DictReader(lines, delimiter=separator))
        names = [column for column in rows[0] if column] if rows else []
        columns = {column: [row[column] for row in rows if row[column]] for column in names}
        if len(columns) > 1 and any(map(_are_numbers, columns.values())):
            yield Table(name, separator, columns)


def _named(columns: Sequence[str], question: str) -> str:
    """The column that the question names; "" if it names none."""
    words = {_stem(word) for word in re.findall(r"\w+", question)}
    return next((name for name in columns if any(_stem(word) in words for word in re.findall(r"\w+", name))), "")


def _stem(word: str) -> str:
    return word.casefold().removesuffix("s")


def _are_numbers(values: Sequence[str]) -> bool:
    """Whether most of them are."""
    return len(values) > 0 and sum(map(_is_number, values)) >= 0.75 * len(values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(content: str | Sequence[Mapping[str, Any]]) -> str:
    """The text of a message, which may have parts."""
    return content if isinstance(content, str) else "\n\n".join(part.get("text", "") for part in content)


def _reported(result: str) -> str:
    """The answer after a run: the sentence and the table that the code has printed, or the result as it is."""
    lines = result.splitlines()
    said = next((line for line in lines if " has the highest " in line), "")
    table = "\n".join(line for line in lines if re.match(r"\|.*\|$", line))
    return f"{said}\n\n{table}".strip() if said else f"The code gave no answer: {result[:MAX_QUOTE]}"
