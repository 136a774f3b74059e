"""Which models of a session's chains the user prefers, and which are not to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError

if TYPE_CHECKING:
    from ..config.specs import ResolvedTeam


@dataclass(slots=True)
class Choices:
    """Names are `provider/model`.

    Attributes:
        preferred: asked first; None: the order of the chain.
        skipped: not asked.
    """

    preferred: str | None = None
    skipped: list[str] = field(default_factory=list)

    def prefer(self, model: str | None, team: ResolvedTeam) -> None:
        """Ask `model` first from the next step on; it is no longer skipped. Raises `ConfigError` if it is unknown."""
        if model is not None:
            check_known(model, team)
            self.skipped = [name for name in self.skipped if name != model]
        self.preferred = model

    def skip(self, model: str, skip: bool, team: ResolvedTeam) -> None:
        """From the next step on, leave `model` out, or ask it again (`skip` False). A skipped model is not preferred.

        Raises `ConfigError` if it is unknown, or an agent would have no model left.
        """
        check_known(model, team)
        skipped = [name for name in self.skipped if name != model]
        if skip:
            skipped.append(model)
            if agent := _without_models(skipped, team):
                raise ConfigError(
                    f"{model} is the last model of agent {agent!r} that can be asked", "Let it ask another one first."
                )
            self.preferred = None if self.preferred == model else self.preferred
        self.skipped = skipped

    def fit(self, team: ResolvedTeam) -> None:
        """Drop choices of models that `team` does not have, and all skips if an agent would have no model left."""
        known = _known(team)
        self.preferred = self.preferred if self.preferred in known else None
        self.skipped = [name for name in self.skipped if name in known]
        if _without_models(self.skipped, team):
            self.skipped = []

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"preferred": self.preferred, "skipped": list(self.skipped)}

    def restore(self, stored: object) -> None:
        """Choose again what `to_dict` gave."""
        match stored:
            case {"preferred": str() | None as preferred, "skipped": list(skipped)}:
                self.preferred = preferred
                self.skipped = [name for name in skipped if isinstance(name, str)]


def check_known(model: str, team: ResolvedTeam) -> None:
    """Raise `ConfigError` if no agent of the team has the model."""
    if model not in (known := _known(team)):
        raise ConfigError(f"there is no model {model!r}"[:300], f"The models are {', '.join(known)}.")


def _known(team: ResolvedTeam) -> list[str]:
    agents = team.agents.values()
    return list(dict.fromkeys(spec.ref for agent in agents for spec in (*agent.chain, *agent.models.values())))


def _without_models(skipped: list[str], team: ResolvedTeam) -> str:
    """The name of an agent that could be asked, but for what is skipped; "" if there is none."""
    for agent in team.agents.values():
        if not agent.lacks_keys and all(spec.lacks_key or spec.ref in skipped for spec in agent.chain):
            return agent.name
    return ""
