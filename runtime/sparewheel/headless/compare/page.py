"""The report as one HTML file that loads nothing and runs nothing, whatever models wrote."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

from ...visible import readable
from .plots import plots
from .tables import sentences, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .comparison import Comparison, Difference

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #7a7a7a; --good: #12a065; --bad: #d64545; }
body { max-width: 62rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid var(--line); text-align: end; vertical-align: top; }
th:first-child { text-align: start; font-weight: 400; }
thead th { font-weight: 600; }
figure { margin: 1rem 0; }
figure img { width: 100%; max-width: 50rem; height: auto; }
figcaption, .soft { color: var(--soft); }
.row { margin: 1.5rem 0; padding-top: 0.5rem; border-top: 1px solid var(--line); break-inside: avoid; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: 1rem; }
pre { margin: 0.25rem 0; padding: 0.5rem; border: 1px solid var(--line); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.met { color: var(--good); }
.missed { color: var(--bad); }
""".strip()
_POLICY: Final = "default-src 'none'; img-src data:; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


def report(comparison: Comparison) -> str:
    """The text of the file."""
    return "\n".join(_lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    names = [candidate.name for candidate in comparison.candidates]
    title = _text(f"{' and '.join(names)}, {comparison.rows} rows")
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    yield '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">'
    yield f'<meta http-equiv="content-security-policy" content="{_POLICY.format(digest)}">'
    yield '<meta name="viewport" content="width=device-width">'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>"
    yield f'<main>\n<h1>{title}</h1>\n<div class="wide"><table>\n<thead><tr><th></th>{_cells("th", names)}</tr></thead>'
    for name, values in summary(comparison):
        yield f'<tr><th scope="row">{_text(name)}</th>{_cells("td", values)}</tr>'
    yield "</table></div>"
    for pair in comparison.pairs:
        yield f"<h2>{_text(pair.other)} against {_text(pair.first)}</h2>\n<ul>"
        yield from (f"<li>{_text(sentence)}</li>" for sentence in sentences(pair))
        yield "</ul>"
    yield from _plots(comparison)
    if comparison.differences:
        yield f"<h2>Rows that differ ({len(comparison.differences)} of {comparison.differing})</h2>"
        for difference in comparison.differences:
            yield from _difference(comparison, difference)
    yield "</main>\n</html>\n"


def _plots(comparison: Comparison) -> Iterator[str]:
    found = plots(comparison)
    if found is None:
        yield "<p class=\"soft\">Plots need pygal: pip install 'sparewheel[compare]', then run the command again.</p>"
        return
    for title, svg in found:
        data = base64.b64encode(svg.encode()).decode()
        yield f'<figure><img alt="{_text(title)}" src="data:image/svg+xml;base64,{data}">'
        yield f"<figcaption>{_text(title)}</figcaption></figure>"


def _difference(comparison: Comparison, difference: Difference) -> Iterator[str]:
    yield f'<section class="row">\n<h3>{_text(str(difference.id))}</h3>\n{_block(difference.prompt)}'
    if difference.expected is not None:
        yield f'<p class="soft">Expected</p>{_block(str(difference.expected))}'
    yield '<div class="answers">'
    for candidate in comparison.candidates:
        if (row := candidate.rows.get(difference.id)) is None:
            continue
        mark = {
            True: '<span class="met">as expected</span>',
            False: '<span class="missed">not as expected</span>',
            None: "",
        }[row.meets]
        if row.error is not None:
            mark = f'<span class="missed">failed ({_text(row.error)})</span>'
        yield f"<div><strong>{_text(candidate.name)}</strong> {mark}{_block(row.text)}</div>"
    yield "</div>\n</section>"


def _cells(tag: str, texts: list[str]) -> str:
    return "".join(f"<{tag}>{_text(text)}</{tag}>" for text in texts)


def _block(text: str) -> str:
    return f'<pre dir="auto">{_text(text)}</pre>'


def _text(text: str) -> str:
    """A text without markup and without the characters that cannot be seen."""
    return escape(readable(text))
