"""A dict with a maximum size."""

from __future__ import annotations

from sparewheel.bounded import BoundedDict


def test_the_entry_set_first_goes_first() -> None:
    kept: BoundedDict[str, int] = BoundedDict(2)
    for number, name in enumerate("abacc"):
        kept[name] = number
    assert list(kept.items()) == [("a", 2), ("c", 4)]
