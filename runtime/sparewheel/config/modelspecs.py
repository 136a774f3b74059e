"""From a reference to a model, as agents write it, to a `ModelSpec`: its address, key and parameters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ..errors import ConfigError
from ..redaction.redact import redact
from .apis import choose_api, versioned
from .catalogue import Price, lookup
from .models import ModelConfig
from .options import split_options
from .providers import AUTOMATIC, NOT_HERE, PROVIDERS
from .specs import ModelSpec
from .unsupported import asked_outputs, model_reasons
from .vendor_keys import host_of, is_loopback, is_vendors, vendor_of_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..errors import MissingKey
    from ..errors.validation import Path
    from .expand import Expander
    from .models import ProviderConfig
    from .providers import KnownProvider
    from .schema import AgentFile

_SET_RESPONSES: Final = "use provider: openai_responses, a provider with api_type: openai_responses, or remove the key"
_TEXT_ONLY: Final = ("anthropic", "page")  # APIs
_PARAMETERS: Final = (
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "parallel_tool_calls",
    "thinking_budget",
)


@dataclass(slots=True)
class Models:
    """Resolves the models of one file for one env. A problem of a model is reported once, at the model."""

    file: AgentFile
    expander: Expander
    _known: dict[str, ModelSpec | None] = field(default_factory=dict)
    _reported: set[str] = field(default_factory=set)  # models whose missing key is among the problems
    _variables: dict[str, list[tuple[str, Path]]] = field(default_factory=dict)  # that env lacks, by model

    def spec(self, ref: str, path: Path) -> ModelSpec | None:
        """The model, or None if it cannot be used; the reason is then among the problems."""
        if ref not in self._known:
            try:
                self._known[ref] = self._resolve(ref)
            except ConfigError as error:
                self._known[ref] = None
                self.expander.problems.add(path, f"{error.info.message} {error.info.hint}".strip())
        return self._known[ref]

    def members(self, ref: str, path: Path, around: tuple[str, ...] = ()) -> list[str]:
        """The models that a reference stands for: itself, or those of an alloy, each once."""
        config = self.file.models.get(ref)
        names = config.model if config and config.alloy else ref
        if "," not in names or (config and not config.alloy):
            return [ref]
        if ref in around:
            self.expander.problems.add(path, f'model "{ref}" refers to itself')
            return []
        parts = [part for name in names.split(",") if (part := name.strip())]
        found = [member for part in parts for member in self.members(part, path, (*around, ref))]
        return list(dict.fromkeys(found))

    def require_key(self, ref: str, path: Path) -> None:
        """Add a problem, once, if the model lacks its key and no other model can take its place."""
        spec = self.spec(ref, path)
        if spec is None or not spec.lacks_key or ref in self._reported:
            return
        self._reported.add(ref)
        problems, variables = self.expander.problems, self._variables[ref]
        for name, where in variables:
            problems.add(where, f"env has no {name}")
        names = [name for name in spec.missing if name not in dict(variables)]
        if len(names) == 1:
            text = f'model "{ref}" needs the key {names[0]}, which env does not have. Set {names[0]}.'
            problems.lacks_key(path, text)
        elif names:
            problems.lacks_key(path, f'model "{ref}": env has none of its keys. Set one of {", ".join(names)}.')

    @property
    def missing_keys(self) -> list[MissingKey]:
        """What env lacks for the models that were resolved, each with these models."""
        found: dict[str, MissingKey] = {}
        for spec in filter(None, self._known.values()):
            for name in spec.missing:
                key = found.setdefault(name, {"name": name, "vendor": vendor_of_name(name), "models": []})
                key["models"] = list(dict.fromkeys([*key["models"], spec.ref]))
        return list(found.values())

    def _resolve(self, ref: str) -> ModelSpec:
        with self.expander.collecting() as missing:
            spec = self._made(ref, missing)
        self._variables[ref] = missing
        names = [*spec.missing, *(name for name, _ in missing)]
        return replace(spec, missing=_shown(names)) if missing else spec

    def _made(self, ref: str, missing: list[tuple[str, Path]]) -> ModelSpec:
        config, lacking = self._choose(ref)
        custom = self.file.providers.get(config.provider)
        known = self._provider(config.provider, custom, ref)
        for key, reason in model_reasons(config, custom):
            self.expander.problems.add(("models", ref, key) if ref in self.file.models else ("models", ref), reason)
        where: Path = ("models", ref) if ref in self.file.models else ("providers", config.provider)
        base_url = self._base_url(where, ref, config, custom, known, missing)
        model = self.expander.strict(config.model, (*where, "model"))
        model = config.model if missing else model
        vendor = custom.provider if custom else config.provider
        outputs = asked_outputs(config)
        api = choose_api(vendor, known, custom.api_type if custom else None, model, base_url, outputs)
        if outputs and api in _TEXT_ONLY:
            self.expander.problems.warn((*where, "output_capabilities"), f"{vendor} has only models that write text")
        if config.resume and api != "openai_responses":
            self.expander.problems.add((*where, "resume"), f"{config.resume} needs OpenAI Responses; {_SET_RESPONSES}")
        at_home = not _first("base_url", config, custom)
        base_url = base_url if at_home else versioned(api, base_url)
        options = split_options(api, {**(custom.provider_opts if custom else {}), **config.provider_opts})
        token_key = _first("token_key", config, custom) or self._vendors_key(vendor, known, base_url)
        if token_key is None and (custom is None or "provider" in custom.model_fields_set):
            self._warn_of_no_key(vendor, known, base_url, (*where, "base_url"))
        home = self._home(where, config, custom, known)
        secret = self._key(token_key, where, base_url, home if custom and not config.token_key else "")
        facts = lookup(vendor.partition("_")[0], model)  # openai_responses is openai
        return ModelSpec(
            provider=config.provider,
            model=model,
            api=api,
            base_url=base_url,
            key=secret,
            missing=_shown([token_key, *lacking]) if token_key is not None and secret is None else (),
            headers=self._headers(where, api, base_url, config, custom, home),
            parameters={name: value for name in _PARAMETERS if (value := _first(name, config, custom)) is not None},
            options={**known.options, **options.options},
            key_name=token_key,
            context_limit=config.context_limit or options.context_limit or (facts.window if facts else None),
            price=_price(config) or (facts.price if facts and at_home else None),
            compaction_threshold=config.compaction_threshold,
            outputs=outputs,
            resume=config.resume is not None,
            reasoning_tags=_first("reasoning_tags", config, custom),
        )

    def _choose(self, ref: str, seen: tuple[str, ...] = ()) -> tuple[ModelConfig, list[str]]:
        """The model that a reference names, after `auto` and `first_available` are resolved.

        If env has no key for any of these, it is the first one; the names of all their keys come with it.
        """
        config = self.file.models.get(ref)
        if config is None:
            if ref == "auto":
                return self._automatic()
            provider, _, model = ref.partition("/")
            if not provider or not model:
                raise ConfigError(
                    f'model "{ref}" is not defined.', "Add it under models: or write it as provider/model."
                )
            return _named(provider, model), []
        if not config.first_available:
            return config, []
        if ref in seen:
            raise ConfigError(f'model "{ref}" refers to itself.', "Name other models in first_available.")
        names, candidates = [], []
        for candidate in config.first_available:
            chosen, more = self._choose(candidate, (*seen, ref))
            lacks = self._lacks(candidate, chosen)
            if not lacks:
                return chosen, []
            candidates.append(chosen)
            names += [lacks, *more]
        return candidates[0], names

    def _automatic(self) -> tuple[ModelConfig, list[str]]:
        for provider, model in AUTOMATIC:
            if any(self._has(name) for name in PROVIDERS[provider].keys):
                return _named(provider, model), []
        return _named(*AUTOMATIC[0]), [str(PROVIDERS[provider].token_key) for provider, _ in AUTOMATIC]

    def _lacks(self, ref: str, config: ModelConfig) -> str | None:
        custom = self.file.providers.get(config.provider)
        known = self._provider(config.provider, custom, ref)
        token_key = _first("token_key", config, custom)
        if token_key is None and not _first("base_url", config, custom):
            token_key = self._key_name(known)
        return token_key if token_key and not self._has(token_key) else None

    def _has(self, name: str) -> bool:
        return bool(self.expander.env.get(name, "").strip())

    def _key_name(self, known: KnownProvider) -> str | None:
        """The name of the vendor's key that env has, else the first one."""
        return next(filter(self._has, known.keys), known.token_key)

    def _vendors_key(self, vendor: str, known: KnownProvider, base_url: str) -> str | None:
        """The name of the vendor's key if it is sent to `base_url` unasked: only to the vendor's own hosts.

        Azure has no address but the one in the file; `_key` checks it.
        """
        unasked = not known.base_url or is_vendors(vendor, host_of(base_url))
        return self._key_name(known) if unasked else None

    def _warn_of_no_key(self, vendor: str, known: KnownProvider, base_url: str, path: Path) -> None:
        """A key that env has stays here: a person who reads the file may expect it to be sent."""
        name, host = self._key_name(known), host_of(base_url)
        if name and self._has(name) and not is_loopback(host):
            self.expander.problems.warn(
                path,
                f"{name} is not sent to {host}, which is not a host of {vendor}; "
                "if it needs a key, name that in token_key",
            )

    def _provider(self, name: str, custom: ProviderConfig | None, ref: str) -> KnownProvider:
        kind = custom.provider if custom else name
        known = PROVIDERS.get(kind)
        if known is None and kind in NOT_HERE:
            raise ConfigError(f'provider "{kind}" of model "{ref}" does not work in a browser: {NOT_HERE[kind]}.')
        if known is None:
            names = ", ".join(sorted({*self.file.providers, *PROVIDERS}))
            raise ConfigError(f'provider "{name}" of model "{ref}" is not known.', f"The known providers are {names}.")
        return known

    def _base_url(
        self,
        where: Path,
        ref: str,
        config: ModelConfig,
        custom: ProviderConfig | None,
        known: KnownProvider,
        missing: list[tuple[str, Path]],
    ) -> str:
        text = _first("base_url", config, custom) or known.base_url
        if not text:
            raise ConfigError(f'model "{ref}" needs a base_url.', f"{config.provider} has no default address.")
        url = self.expander.strict(text, (*where, "base_url")).rstrip("/")
        if missing:  # it is not asked
            return url if _names_host(url) else ""
        if url.startswith(("http:", "https:")) and not _names_host(url):
            self.expander.problems.add((*where, "base_url"), "has no valid host once its variables are replaced")
        if "$" in text and not url.startswith(("http://", "https://")):
            self.expander.problems.add(
                (*where, "base_url"), "must start with http:// or https:// once its variables are replaced"
            )
        return url

    def _home(self, where: Path, config: ModelConfig, custom: ProviderConfig | None, known: KnownProvider) -> str:
        """The address of the provider, if the model overrides it: the provider's secrets are for that one."""
        if custom is None or not config.base_url:
            return ""
        return self.expander.strict(custom.base_url or known.base_url, (*where, "base_url"))

    def _headers(
        self,
        where: Path,
        api: str,
        base_url: str,
        config: ModelConfig,
        custom: ProviderConfig | None,
        home: str,
    ) -> dict[str, str]:
        """The headers of the provider and of the model, whose own win."""
        path = (*where, "headers")
        own = {**split_options(api, config.provider_opts).headers, **config.headers}
        shared = {**split_options(api, custom.provider_opts).headers, **custom.headers} if custom else {}
        overridden = {name.lower() for name in own}
        inherited = {name: value for name, value in shared.items() if name.lower() not in overridden}
        return {
            **self.expander.headers(inherited, path, [base_url], home=home),
            **self.expander.headers(own, path, [base_url]),
        }

    def _key(self, token_key: str | None, where: Path, base_url: str, home: str) -> str | None:
        if token_key is None:
            return None
        value = self.expander.env.get(token_key, "").strip()
        if not value:
            return None
        if not (value.isascii() and value.isprintable()):
            raise ConfigError(
                f"The value of {token_key} cannot be a key: it contains a line break or a character outside ASCII."
            )
        self.expander.send(token_key, (*where, "token_key"), [base_url], home)
        return value


@lru_cache(256)  # of every session, for each model that the file only names
def _named(provider: str, model: str) -> ModelConfig:
    return ModelConfig(provider=provider, model=model)


def _shown(names: Iterable[str]) -> tuple[str, ...]:
    """Names that env lacks, each once: a key that stands in place of its name is not shown."""
    return tuple(dict.fromkeys(redact(name) for name in names))


def _names_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and " " not in parts.netloc
    except ValueError:  # an invalid IPv6 address or port
        return False


def _price(config: ModelConfig) -> Price | None:
    cost = config.cost
    return Price(cost.input, cost.output, cost.cache_read, cost.cache_write) if cost else None


def _first(name: str, *configs: ModelConfig | ProviderConfig | None) -> Any:
    return next((value for config in configs if config and (value := getattr(config, name)) is not None), None)
