"""Pages of a PDF as sections. pypdf is loaded when a PDF is read first.

A PDF can be small and unpack to gigabytes, draw one form a million times, or have pages without end. pypdf bounds what
it unpacks; here the limits are those of a tab, and what one page draws and what all pages take is counted as well. An
operator is read as a whole, whatever its length, so the streams of a page are measured before (`pdf_streams`).
"""

from __future__ import annotations

import asyncio
import io
import logging
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from ...errors import ConfigError
from ...jsontext import whole
from ...transports.packages import package_loader
from ..python.blocking import may_block
from .passages import Section, Unreadable
from .pdf_streams import MAX_STREAM, is_too_large

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAGES: Final = 3_000
MAX_CHARS: Final = 8 * 1024 * 1024  # of all pages together
MAX_SECONDS: Final = 300.0  # for all pages: a dense one takes a second
MAX_PAGE_SECONDS: Final = 3.0
MAX_OPERATORS: Final = 60_000  # of one page
MAX_OPENING: Final = 60.0  # seconds that it may take to find the objects of a damaged PDF
_LIMITS: Final[dict[str, Any]] = {
    "maximum_declared_stream_length": 16_000_000,
    "array_based_stream_maximum_output_length": 4_000_000,
    "lzw_maximum_output_length": 4_000_000,
    "run_length_maximum_output_length": 4_000_000,
    "zlib_maximum_output_length": 4_000_000,
    "zlib_maximum_recovery_input_length": 500_000,
    "stream_decoding_work_maximum_length": 16_000_000,
    "stream_parsing_work_maximum_count": 150_000,
    "page_tree_maximum_entries": 10_000,
    "page_tree_maximum_page_entries": 200_000,
    "xform_maximum_invocations_per_extraction": 500,
    "array_maximum_element_count": 50_000,
    "dictionary_maximum_element_count": 50_000,
}
_LIMITS_OF_PAGES: Final[dict[str, Any]] = {
    "array_based_stream_maximum_output_length": MAX_STREAM,
    "lzw_maximum_output_length": MAX_STREAM,
    "run_length_maximum_output_length": MAX_STREAM,
    "zlib_maximum_output_length": MAX_STREAM,
}


async def pdf_sections(data: bytes) -> list[Section]:
    """A section for each page with text.

    Raises:
        Unreadable: the PDF is damaged, needs a password, has no text or is beyond a limit; or pypdf cannot be loaded.
    """
    try:
        await package_loader()(["pypdf"])
    except ConfigError as error:
        raise Unreadable(f"{error.info.message} {error.info.hint}".strip()) from None
    import pypdf
    from pypdf import apply_configuration

    logger = logging.getLogger("pypdf")
    if logger.level == logging.NOTSET:  # one warning for each damaged object would fill the console with quotations
        logger.setLevel(logging.CRITICAL)
    found: list[Section] = []
    start, begun = 0, perf_counter()
    try:
        with apply_configuration(**_LIMITS):
            with may_block(MAX_OPENING):
                reader = pypdf.PdfReader(io.BytesIO(data))
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unreadable("it needs a password: pass a copy without one.")
            if (pages := len(reader.pages)) > MAX_PAGES:
                raise Unreadable(f"it has {pages} pages, and {MAX_PAGES} are read: split it.")
            for number in range(pages):
                text = _text(reader, number)
                if text.strip():
                    found.append(Section(text, "", number + 1, start))
                    start += len(text) + 1
                if start > MAX_CHARS or perf_counter() - begun > MAX_SECONDS:
                    raise Unreadable(f"it has more text than is read ({number + 1} of {pages} pages): split it.")
                await asyncio.sleep(0)
    except (Unreadable, asyncio.CancelledError):
        raise
    except Exception as error:  # of a library that reads anything: its errors are of many types
        raise Unreadable(f"it is damaged or not supported ({type(error).__name__}: {str(error)[:200]}).") from None
    if not found:
        raise Unreadable("it has no text, only pictures: pass a copy with recognised text (OCR).")
    return found


def _text(reader: Any, number: int) -> str:
    from pypdf import apply_configuration
    from pypdf.errors import LimitReachedError

    page = reader.pages[number]
    try:
        with apply_configuration(**_LIMITS | _LIMITS_OF_PAGES):
            if is_too_large(page):
                raise _too_much(number + 1)
            text: str = page.extract_text(visitor_operand_before=_counter(number + 1))
    except LimitReachedError:
        raise _too_much(number + 1) from None
    return whole(text)


def _counter(page: int) -> Callable[[Any, Any, Any, Any], None]:
    """Counts what a page draws. Raises `Unreadable` when it is too much."""
    count, begun = 0, perf_counter()

    def seen(*_: Any) -> None:
        nonlocal count
        count += 1
        if count > MAX_OPERATORS or perf_counter() - begun > MAX_PAGE_SECONDS:
            raise _too_much(page)

    return seen


def _too_much(page: int) -> Unreadable:
    return Unreadable(f"page {page} draws too much: remove it.")
