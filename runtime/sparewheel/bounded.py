"""A dict with a maximum size, for caches that must not grow while a page stays open for weeks."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(dict[K, V]):
    """Holds at most `maximum` entries: setting one more drops the entry that was set the longest time ago."""

    def __init__(self, maximum: int) -> None:
        super().__init__()
        self._maximum = maximum

    def __setitem__(self, key: K, value: V) -> None:
        self.pop(key, None)
        super().__setitem__(key, value)
        if len(self) > self._maximum:
            del self[next(iter(self))]
