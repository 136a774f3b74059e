"""What an agent file may reach if it is run, for a person who decides whether to run it.

It is worked out without an env, so it lists more rather than less: all spares, every model that is defined, and
every name that may be read.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from .expand import names_in
from .options import split_options
from .providers import AUTOMATIC, PROVIDERS
from .tools import hosted
from .vendor_keys import host_of, is_vendors, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..page.results import Reach, ToolsetReach
    from .agents import AgentConfig
    from .models import ModelConfig
    from .schema import AgentFile
    from .toolsets import ToolsetConfig

_ANY_API: Final = ""  # headers are the same in all
_LOCAL: Final = ("page:", "demo:")  # addresses of models that need no network
_MAX_SHOWN: Final = 200  # characters of an address that has no host yet


def reach(file: AgentFile) -> Reach:
    """The hosts, keys, models and tools of a file, and the Python code in it."""
    found = _Found(file)
    for agent in file.agents.values():
        found.add_agent(agent)
    for name in file.models:
        found.add_model(name)
    for toolset in file.toolsets.values():
        found.add_toolset(toolset)
    for source in file.rag.values():
        found.add_source(source)
    for server in file.mcps.values():
        if remote := hosted(server).remote:
            found.add_host(remote.url)
            found.add_headers(remote.headers, [remote.url])
    for name in _names_everywhere(file):
        found.keys.setdefault(name, {})
    return {
        "models": list(found.models),
        "hosts": list(found.hosts),
        "any_host": found.any_host,
        "keys": [{"name": name, "hosts": list(hosts)} for name, hosts in found.keys.items()],
        "toolsets": found.toolsets,
        "python": list(found.python),
        "packages": list(found.packages),
        "unasked": _unasked(file),
    }


@dataclass(slots=True)
class _Found:
    """What has been found so far. The dicts are ordered sets."""

    file: AgentFile
    models: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    any_host: bool = False
    keys: dict[str, dict[str, None]] = field(default_factory=dict)
    toolsets: list[ToolsetReach] = field(default_factory=list)
    python: dict[str, None] = field(default_factory=dict)
    packages: dict[str, None] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _entries: set[tuple[str, str, tuple[str, ...], bool]] = field(default_factory=set)

    def add_agent(self, agent: AgentConfig) -> None:
        for ref in (agent.model, *agent.fallback.models, agent.title_model):
            self.add_model(ref)
        for toolset in agent.toolsets:
            self.add_toolset(toolset)

    def add_model(self, ref: str) -> None:
        """A model as agents write it: a key of `models`, `provider/model`, `auto`, or several with commas."""
        pending = deque([ref])
        while pending:
            name = pending.popleft().strip()
            if not name or name in self._seen:
                continue
            self._seen.add(name)
            config = self.file.models.get(name)
            if config is not None:
                pending += (
                    config.title_model,
                    *config.first_available,
                    *(config.model.split(",") if config.alloy else ()),
                )
                if not config.alloy and not config.first_available:
                    self._add(config.provider, config.model, config)
            elif "," in name:
                pending += name.split(",")
            elif name == "auto":
                for provider, model in AUTOMATIC:
                    self._add(provider, model, None)
            else:
                provider, _, model = name.partition("/")
                self._add(provider, model, None)

    def _add(self, provider: str, model: str, config: ModelConfig | None) -> None:
        custom = self.file.providers.get(provider)
        vendor = custom.provider if custom else provider
        known = PROVIDERS.get(vendor)
        configs = [each for each in (config, custom) if each is not None]
        own = next((each.base_url for each in configs if each.base_url), "")
        url = own or (known.base_url if known else "")
        self.models[f"{provider}/{model}" if model else provider] = None
        self.add_host(url)
        for each in configs:
            self.add_headers({**split_options(_ANY_API, each.provider_opts).headers, **each.headers}, [url])
        if named := next((each.token_key for each in configs if each.token_key), None):
            self._add_key(named, [url])
        elif known and self._gets_vendors_key(vendor, known.base_url, own):
            for name in known.keys:
                self._add_key(name, [url])

    def _gets_vendors_key(self, vendor: str, home: str, own: str) -> bool:
        """Whether the vendor's key is sent unasked: to its own hosts, or to those that the file or env decides."""
        host = host_of(own)
        return not own or not home or not host or is_vendors(vendor, host)

    def add_source(self, source: Mapping[str, Any]) -> None:
        """The models that search documents. The source has not been validated yet."""
        pending: list[Any] = [source.get("strategies"), source.get("results")]
        while pending:
            value = pending.pop()
            if isinstance(value, list):
                pending += value
            elif isinstance(value, dict):
                pending += value.values()
                for key in ("embedding_model", "chat_model", "model"):
                    if isinstance(ref := value.get(key), str):
                        self.add_model(ref)

    def add_toolset(self, toolset: ToolsetConfig) -> None:
        toolset = hosted(toolset)
        if toolset.rag_config is not None:
            self.add_source(toolset.rag_config)
        for ref in toolset.models:
            self.add_model(ref)
        urls = [f"https://{each}" for domain in toolset.allowed_domains for each in _with_subdomains(domain)]
        urls += [toolset.url] if toolset.url else []
        urls += [toolset.api_config.endpoint] if toolset.api_config else []
        urls += [toolset.remote.url] if toolset.remote else []
        asks_any = toolset.type == "fetch" or (toolset.api_config and "$" in _authority(toolset.api_config.endpoint))
        reaches_any = toolset.type == "python" or (bool(asks_any) and not toolset.allowed_domains)
        places = self._add_hosts(urls)
        self.any_host = self.any_host or reaches_any
        for headers in (
            toolset.headers,
            toolset.api_config.headers if toolset.api_config else {},
            toolset.remote.headers if toolset.remote else {},
        ):
            self.add_headers(headers, urls)
        if toolset.type == "python":
            self.python[toolset.source or toolset.file] = None
            self.packages.update(dict.fromkeys(toolset.packages))
            self._add_hosts(url for url in (*toolset.packages, toolset.index) if "://" in url)
        name = toolset.api_config.name if toolset.api_config else toolset.name
        entry: ToolsetReach = {"type": toolset.type, "name": name, "hosts": places, "any_host": reaches_any}
        if (known := (toolset.type, name, tuple(places), reaches_any)) not in self._entries:
            self._entries.add(known)
            self.toolsets.append(entry)

    def add_headers(self, headers: dict[str, str], urls: list[str]) -> None:
        """The values of env that headers carry to these addresses."""
        for text in headers.values():
            for name in names_in(text):
                self._add_key(name, urls)

    def _add_key(self, name: str, urls: Iterable[str]) -> None:
        self.keys.setdefault(name, {}).update(dict.fromkeys(filter(None, map(_place, urls))))

    def add_host(self, url: str) -> None:
        self._add_hosts([url])

    def _add_hosts(self, urls: Iterable[str]) -> list[str]:
        places = list(dict.fromkeys(filter(None, map(_place, urls))))
        self.hosts.update(dict.fromkeys(places))
        return places


def _with_subdomains(domain: str) -> tuple[str, ...]:
    return (domain,) if domain.startswith("*") else (domain, f"*.{domain}")


def _place(url: str) -> str:
    """The host of an address with its port; the address itself where env or an argument decides the host."""
    if not url or url.startswith(_LOCAL):
        return ""
    place = "" if "$" in _authority(url) else place_of(url)
    return place or " ".join(url.split())[:_MAX_SHOWN]


def _authority(url: str) -> str:
    return re.split(r"[/?#\\\\]", url.partition("://")[2], maxsplit=1)[0]


def _unasked(file: AgentFile) -> list[str]:
    """The patterns of the tool calls that run without approval; `*` for all."""
    modes = {file.runtime.safety, *(agent.safety for agent in file.agents.values())}
    return list(dict.fromkeys([*(["*"] if "autonomous" in modes else []), *file.permissions.allow]))


def _names_everywhere(file: AgentFile) -> Iterator[str]:
    """The names of env in all texts of the file, without arguments of tools and without code."""
    arguments: set[str] = set()
    for toolset in (*(each for agent in file.agents.values() for each in agent.toolsets), *file.toolsets.values()):
        if toolset.api_config:
            arguments.update(toolset.api_config.args)
    for text in _texts(file.model_dump(exclude_defaults=True, by_alias=True)):
        yield from (name for name in names_in(text) if name not in arguments)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not (key == "source" and value.get("type") == "python"):
                yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
