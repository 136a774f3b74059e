"""Older versions of docker-agent's format, brought to the shape of the newest one before a file is validated."""

from __future__ import annotations

from typing import Any, Final

from ..errors import ConfigError

NEWEST: Final = 12
_GONE: Final = "docker-agent no longer reads it; pass env when the session is created"


def upgrade(file: dict[str, Any]) -> dict[str, Any]:
    """The file in the shape of the newest version. Its values can still be of any type.

    Raises:
        ConfigError: the version is not known, or the file has a key that newer versions cannot express.
    """
    version = _version(file.get("version"))
    if version > 1:
        return file
    _refuse_env(file)
    if version == 1:
        return file
    models = {name: _model(value) for name, value in _mapping(file.get("models")).items()}
    agents = {name: _agent(value) for name, value in _mapping(file.get("agents")).items()}
    return {**file, **({"models": models} if models else {}), **({"agents": agents} if agents else {})}


def _version(written: object) -> int:
    text = "" if written is None else str(written).strip()
    if not text:
        return NEWEST
    if text.isascii() and text.isdigit() and len(text) < 4 and text == str(int(text)) and int(text) <= NEWEST:
        return int(text)
    raise ConfigError(
        f'version "{text[:40]}" of the format is not known; the known ones are 0 to {NEWEST}.',
        f"If the file needs nothing newer, set version to {NEWEST}.",
    )


def _refuse_env(file: dict[str, Any]) -> None:
    """`env` of the file and of a model, and `env_file` of a toolset, existed up to version 1."""
    found = ["env"] if file.get("env") else []
    found += [
        f"models.{name}.env" for name, model in _mapping(file.get("models")).items() if _mapping(model).get("env")
    ]
    for name, agent in _mapping(file.get("agents")).items():
        toolsets = _mapping(agent).get("toolsets")
        for index, entry in enumerate(toolsets if isinstance(toolsets, list) else []):
            if _mapping(entry).get("env_file"):
                found.append(f"agents.{name}.toolsets.{index}.env_file")
    if found:
        raise ConfigError(f"The agent file is not valid: {found[0]}: {_GONE}", "Remove the key.")


def _model(model: Any) -> Any:
    """`type` is now `provider`."""
    if not isinstance(model, dict) or "type" not in model or "provider" in model:
        return model
    return {("provider" if key == "type" else key): value for key, value in model.items()}


def _agent(agent: Any) -> Any:
    """`todo`, `think` and `memory` are now toolsets, and come before the others."""
    if not isinstance(agent, dict):
        return agent
    rest = {key: value for key, value in agent.items() if key not in ("todo", "think", "memory")}
    old: list[dict[str, Any]] = []
    todo, memory = agent.get("todo"), _mapping(agent.get("memory"))
    if todo is True or isinstance(todo, dict):
        old.append({"type": "todo", **({"shared": True} if _mapping(todo).get("shared") is True else {})})
    if agent.get("think") is True:
        old.append({"type": "think"})
    if memory.get("path"):
        old.append({"type": "memory", "path": memory["path"]})
    toolsets = rest.get("toolsets")
    if old and (toolsets is None or isinstance(toolsets, list)):
        rest["toolsets"] = [*old, *(toolsets or [])]
    return rest


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
