"""Secrets that a session gets while it runs, such as the tokens of a sign-in. They are masked like those of its env."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .sought import Sought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_LEARNED: Final = 64  # of a session, the latest: each one is sought in everything that is written


class LearnedSecrets:
    """The latest `MAX_LEARNED` secrets. `on_change` is called after each change."""

    def __init__(self) -> None:
        self.values: frozenset[str] = frozenset()
        self.on_change: Callable[[], object] = lambda: None
        self._latest: dict[str, None] = {}

    def add(self, secrets: Iterable[str]) -> None:
        """Mask these from now on."""
        for secret in secrets:
            self._latest.pop(secret, None)
            self._latest[secret] = None
        while len(self._latest) > MAX_LEARNED:
            del self._latest[next(iter(self._latest))]
        if self.values != (values := frozenset(self._latest)):
            self.values = values
            self.on_change()


class SessionSecrets:
    """The secrets of the env (`given`), and those that the session has got. `sought` finds them."""

    def __init__(self, given: Callable[[], frozenset[str]], learned: LearnedSecrets) -> None:
        self._given = given
        self._learned = learned
        self._listeners: list[Callable[[frozenset[str]], object]] = []
        self.sought = Sought(self.values)
        learned.on_change = self.renew

    @property
    def values(self) -> frozenset[str]:
        return self._given() | self._learned.values

    def watch(self, listener: Callable[[frozenset[str]], object]) -> None:
        """Call `listener` with the secrets, now and whenever they change."""
        self._listeners.append(listener)
        listener(self.values)

    def renew(self) -> None:
        """The secrets of the env may have changed."""
        self.sought.renew(self.values)
        for listener in self._listeners:
            listener(self.values)


class AllSecrets:
    """The `given` secrets, and those that have been learned when it is iterated."""

    def __init__(self, given: Iterable[str], learned: LearnedSecrets) -> None:
        self._given = tuple(given)
        self._learned = learned

    def __iter__(self) -> Iterator[str]:
        yield from self._given
        yield from self._learned.values
