"""The toolsets of an agent: its own and those it names, with `${...}` replaced."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from ..errors.validation import problems, shown
from .accepted import NO_DISK
from .toolsets import McpConfig, ToolsetConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..errors.validation import Path
    from .agents import AgentConfig
    from .expand import Expander
    from .schema import AgentFile
    from .toolsets import OAuthConfig

Server = TypeVar("Server", McpConfig, ToolsetConfig)

# A scheme and a host without places for arguments.
_NAMES_HOST: Final = re.compile(r"https?://[^/?#\\\s$]+(?:[/?#]|\Z)", re.IGNORECASE)


@dataclass(slots=True)
class Tools:
    """Finds the toolsets of one file and replaces their variables."""

    file: AgentFile
    expander: Expander
    session_files: bool = False  # a `filesystem` toolset works on the files of the session
    documents: Mapping[str, str] = field(default_factory=dict)  # of the session, by name

    def entries(self, name: str, agent: AgentConfig) -> list[tuple[Path, ToolsetConfig]]:
        """An agent's toolsets in order, each with its path in the file; references to `mcps` are resolved."""
        here: Path = ("agents", name)
        found: list[tuple[Path, ToolsetConfig]] = [
            ((*here, "toolsets", index), entry) for index, entry in enumerate(agent.toolsets)
        ]
        for index, key in enumerate(agent.use_toolsets):
            if key in self.file.toolsets:
                found.append((("toolsets", key), self.file.toolsets[key]))
            else:
                known = ", ".join(self.file.toolsets) or "none"
                reason = f'there is no toolset "{key}"; the file has: {known}'
                self.expander.problems.add((*here, "use_toolsets", index), reason)
        found += [((*here, "rag", index), ToolsetConfig(type="rag", ref=key)) for index, key in enumerate(agent.rag)]
        if agent.code_mode_tools and all(entry.type != "code" for _, entry in found):
            found.append(((*here, "code_mode_tools"), ToolsetConfig(type="code")))
        return [(path, self._here(path, self._named(entry))) for path, entry in found]

    def filled(self, path: Path, entry: ToolsetConfig) -> ToolsetConfig:
        """The toolset with its variables replaced, except the arguments of an `api`, which each call replaces."""
        url = self.expander.strict(entry.url, (*path, "url"))
        changes: dict[str, Any] = {
            "instruction": self.expander.prose(entry.instruction, (*path, "instruction")),
            "url": url,
            "headers": self.expander.headers(entry.headers, (*path, "headers"), _hosts(entry, url)),
        }
        if entry.api_config:
            api, here = entry.api_config, (*path, "api_config")
            endpoint = self.expander.strict(api.endpoint, (*here, "endpoint"), arguments=api.args)
            to = _hosts(entry, endpoint)
            if not to:
                self.expander.problems.add(
                    (*here, "endpoint"), "needs allowed_domains, because an argument decides which host is asked"
                )
            filled = {
                "endpoint": endpoint,
                "instruction": self.expander.prose(api.instruction, (*here, "instruction")),
                "headers": self.expander.headers(api.headers, (*here, "headers"), to, arguments=api.args),
            }
            changes["api_config"] = api.model_copy(update=filled)
        if entry.remote:
            url = self.expander.strict(entry.remote.url, (*path, "remote", "url"))
            headers = self.expander.headers(entry.remote.headers, (*path, "remote", "headers"), [url])
            oauth = entry.remote.oauth and self._client(entry.remote.oauth, (*path, "remote", "oauth"), url)
            changed: dict[str, Any] = {"url": url, "headers": headers, "oauth": oauth}
            changes["remote"] = entry.remote.model_copy(update=changed)
        if entry.type == "rag":
            changes |= self._source(path, entry)
        return entry.model_copy(update=changes)

    def _client(self, oauth: OAuthConfig, path: Path, url: str) -> OAuthConfig:
        """The client of a sign-in to the server at `url`, with its variables replaced."""
        expander = self.expander
        back = expander.strict(oauth.callback_redirect_url, (*path, "callbackRedirectURL"), arguments=("callbackPort",))
        filled = {
            "client_id": expander.strict(oauth.client_id, (*path, "clientId")),
            "client_secret": expander.secret(oauth.client_secret, (*path, "clientSecret"), [url]),
            "callback_redirect_url": back.replace("${callbackPort}", str(oauth.callback_port or "")),
        }
        return oauth.model_copy(update=filled)

    def _source(self, path: Path, entry: ToolsetConfig) -> dict[str, Any]:
        """The documents of a `rag` toolset, checked: from now on in `rag_config`."""
        from .rag import SourceConfig  # few files have one

        if entry.rag_config is None and entry.ref not in self.file.rag:
            known = ", ".join(self.file.rag) or "none"
            self.expander.problems.add((*path, "ref"), f'rag has no "{shown(entry.ref)}"; it has: {known}')
            return {}
        where: Path = ("rag", entry.ref) if entry.rag_config is None else (*path, "rag_config")
        written = self.file.rag[entry.ref] if entry.rag_config is None else entry.rag_config
        try:
            source = SourceConfig.model_validate(written)
        except ValidationError as error:
            self.expander.problems.add(where, problems(error, written, SourceConfig, whole="the source"))
            return {"rag_config": None}
        for inside, reason in source.reasons(self.documents):
            self.expander.problems.add((*where, *inside), reason)
        for inside, text in source.warnings():
            self.expander.problems.warn((*where, *inside), text)
        return {"rag_config": source.model_dump(), "name": entry.name or entry.ref}

    def _here(self, path: Path, entry: ToolsetConfig) -> ToolsetConfig:
        """The entry as it works in a session; a warning where that differs from a host."""
        if entry.type in ("filesystem", "file") and self.session_files:
            return entry.model_copy(update={"type": "files"})
        if entry.type == "memory" and entry.path:
            self.expander.problems.warn((*path, "path"), f"{NO_DISK}; memories are kept in the session")
        return entry

    def _named(self, entry: ToolsetConfig) -> ToolsetConfig:
        """The entry that `ref` names in `mcps`, overridden by the keys of the toolset."""
        server = self.file.mcps.get(entry.ref) if entry.type == "mcp" else None
        if server is None:
            return hosted(entry)
        own = {name: getattr(entry, name) for name in entry.model_fields_set if name != "ref"}
        shared = {name: getattr(server, name) for name in server.model_fields_set}
        return hosted(entry.model_copy(update={"ref": "", **shared, **own}))


def hosted(entry: Server) -> Server:
    """An `mcp` entry whose `ref` is a server of Docker's catalogue, with the remote server that its vendor hosts."""
    if entry.type != "mcp" or not entry.ref.startswith("docker:"):
        return entry
    from .remotes import remote_of  # few files name one

    remote = remote_of(entry.ref)
    return entry if remote is None else entry.model_copy(update={"ref": "", "remote": remote})


def _hosts(entry: ToolsetConfig, url: str) -> list[str]:
    """The URLs that a toolset's headers are sent to. None: a model chooses the host, and no option limits it."""
    if entry.allowed_domains:
        return [f"https://{domain.removeprefix('*').removeprefix('.')}" for domain in entry.allowed_domains]
    return [url] if _NAMES_HOST.match(url) else []
