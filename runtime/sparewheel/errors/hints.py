"""Advice for the user about an error: which key, which provider, what to change."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from .kinds import FACTS

if TYPE_CHECKING:
    from .kinds import Kind


@dataclass(frozen=True, slots=True)
class Vendor:
    """The facts about a provider that hints mention. The pages are where its keys and its bills are found."""

    name: str
    domain: str = ""
    key: str = ""
    keys_page: str = ""
    billing_page: str = ""


VENDORS: Final[dict[str, Vendor]] = {
    "openai": Vendor(
        "OpenAI", "openai.com", "OPENAI_API_KEY", "platform.openai.com, API keys", "platform.openai.com, Billing"
    ),
    "anthropic": Vendor(
        "Anthropic",
        "anthropic.com",
        "ANTHROPIC_API_KEY",
        "the Claude Console, API keys",
        "the Claude Console, Plans & Billing",
    ),
    "google": Vendor(
        "Google Gemini",
        "googleapis.com",
        "GOOGLE_API_KEY",
        "Google AI Studio, API keys",
        "Google AI Studio, Plan & billing",
    ),
    "azure": Vendor(
        "Azure OpenAI",
        "azure.com",
        "AZURE_API_KEY",
        "the Azure portal, Keys and Endpoint",
        "the Azure portal, Quotas",
    ),
    "openrouter": Vendor(
        "OpenRouter",
        "openrouter.ai",
        "OPENROUTER_API_KEY",
        "openrouter.ai/settings/keys",
        "openrouter.ai/settings/credits",
    ),
    "groq": Vendor("Groq", "groq.com", "GROQ_API_KEY", "console.groq.com/keys", "console.groq.com/settings/billing"),
    "mistral": Vendor(
        "Mistral", "mistral.ai", "MISTRAL_API_KEY", "console.mistral.ai, API keys", "console.mistral.ai, Billing"
    ),
    "deepseek": Vendor(
        "DeepSeek",
        "deepseek.com",
        "DEEPSEEK_API_KEY",
        "platform.deepseek.com/api_keys",
        "platform.deepseek.com, Top up",
    ),
    "together": Vendor(
        "Together AI",
        "together.ai",
        "TOGETHER_API_KEY",
        "api.together.ai, Settings, API keys",
        "api.together.ai, Billing",
    ),
    "xai": Vendor("xAI", "x.ai", "XAI_API_KEY", "console.x.ai, API keys", "console.x.ai, Billing"),
    "ollama": Vendor("Ollama"),
    "lmstudio": Vendor("LM Studio"),
    "llamacpp": Vendor("llama.cpp"),
    "vllm": Vendor("vLLM"),
}
_ALIASES: Final = {"gemini": "google", "azureopenai": "azure", "togetherai": "together", "grok": "xai"}
_LOCAL_NAMES: Final = frozenset({"Ollama", "LM Studio", "llama.cpp", "vLLM"})


def vendor_of(provider: str, url: str | None) -> Vendor:
    """The known vendor at `url` or named `provider`, else one made from that name or from the host.

    `openai` can be the name of the vendor or of the wire format only; then the host decides.
    """
    host = _host(url)
    plain = "".join(c for c in provider.lower() if c.isalnum())
    known = VENDORS.get(_ALIASES.get(plain, plain))
    at_host = next((v for v in VENDORS.values() if v.domain and f".{host}".endswith(f".{v.domain}")), None)
    if known is None:
        name = " ".join(provider.split())[:40]
        return Vendor(name) if name else at_host or Vendor(host or "the provider")
    if not host or not known.domain:  # nothing to compare
        return known
    return at_host or Vendor(host)


def _host(url: str | None) -> str:
    try:
        return (urlsplit(url).hostname or "")[:80] if url else ""
    except ValueError:
        return ""


def is_local(url: str | None) -> bool:
    """Whether `url` is on this machine or a private network (RFC 1918, loopback, link-local, `.local`)."""
    host = _host(url)
    if not host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan", ".internal", ".home.arpa"))
    return address.is_private or address.is_loopback or address.is_link_local


_LOCAL: Final = (
    " For a local server: is it running, and does it allow this page's origin (Ollama: OLLAMA_ORIGINS; LM Studio: "
    "Enable CORS)? Chrome also asks for the local network access permission: allow it for this page."
)

# A phrase in the lower-case message, the kind it belongs to, and the hint.
_SPECIAL: Final[tuple[tuple[str, Kind, str], ...]] = (
    (
        "tokens per min",
        "context_overflow",
        (
            "This one request needs more tokens than the account may use per minute at {vendor}. Shorten the prompt,"
            " lower max_tokens, or raise the account's limit{billing}."
        ),
    ),
    (
        "browser-access",
        "permission",
        (
            "{vendor} accepts requests of browsers only with the header anthropic-dangerous-direct-browser-access: "
            "true. Add it, or use a proxy of your own."
        ),
    ),
    (
        "cors requests are not allowed",
        "permission",
        (
            "The organisation of {key} does not allow requests from browsers (CORS). Use a key of another "
            "organisation or workspace, or a proxy of your own in base_url."
        ),
    ),
    (
        "data policy",
        "permission",
        (
            "No provider of this model matches the privacy settings of the account. Change them at {vendor}, Settings, "
            "Privacy, or choose another model."
        ),
    ),
    (
        "failed to call a function",
        "server_error",
        (
            "The model wrote a tool call that {vendor} could not parse. Try again, lower the temperature, or choose a"
            " model that is better at tool calls."
        ),
    ),
    (
        "try pulling it",
        "model_not_found",
        "The model is not installed on this machine. Install it with `ollama pull`, or correct the model's name.",
    ),
    (
        "system memory",
        "server_error",
        "This machine has too little memory for the model. Close other programs or choose a smaller model.",
    ),
)
_WRONG_PATH: Final = (
    "There is no such path at {vendor}. Check base_url: it is the root of the API, usually ending in /v1, without an "
    "endpoint such as /chat/completions."
)


def no_key_hint(url: str | None) -> str:
    """The hint for a request that was refused because it had no key."""
    return (
        f"No key was sent to {_host(url) or 'the server'}. If it needs one, name the key in token_key of the model "
        "or of its provider."
    )


def hint_for(
    kind: Kind,
    vendor: Vendor | None = None,
    *,
    message: str = "",
    url: str | None = None,
    key_name: str | None = None,
    wrong_path: bool = False,
) -> str:
    """The hint for `kind`. `message` is the lower-case message; `key_name` is the name of the setting with the key."""
    vendor = vendor or Vendor("the provider")
    template = next((text for mark, goes_with, text in _SPECIAL if kind == goes_with and mark in message), None)
    if template is None:
        template = _WRONG_PATH if wrong_path else FACTS[kind].hint
    if FACTS[kind].scope == "network" and (vendor.name in _LOCAL_NAMES or is_local(url)):
        template += _LOCAL
    key = key_name or vendor.key
    text = template.format(
        vendor=vendor.name.replace("{", "(").replace("}", ")"),
        key=f"the {vendor.name} key ({key})" if key else f"the key for {vendor.name}",
        keys=f" ({vendor.keys_page})" if vendor.keys_page else "",
        billing=f" ({vendor.billing_page})" if vendor.billing_page else "",
    )
    return f"The {text[4:]}" if text.startswith("the ") else text
