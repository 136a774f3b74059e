"""The providers that need no configuration: their addresses, wire formats and key variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class KnownProvider:
    """A provider that needs no configuration. `api` is the name of its wire format."""

    api: str
    base_url: str  # empty: the file has to set it; `${NAME}` is replaced from env
    token_key: str | None
    options: Mapping[str, Any] = field(default_factory=dict)  # where this server differs
    more_keys: tuple[str, ...] = ()  # names of its key that are read if env does not have `token_key`

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of its key in env, the usual one first; empty if it needs none."""
        return (self.token_key, *self.more_keys) if self.token_key else ()


_CHAT: Final = "openai_chatcompletions"
_CLOUDFLARE: Final = "CLOUDFLARE_ACCOUNT_ID"

PROVIDERS: Final[dict[str, KnownProvider]] = {
    "openai": KnownProvider(_CHAT, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "openai_chatcompletions": KnownProvider(_CHAT, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "openai_responses": KnownProvider("openai_responses", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    "anthropic": KnownProvider("anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    "google": KnownProvider(
        "google", "https://generativelanguage.googleapis.com/v1beta", "GOOGLE_API_KEY", more_keys=("GEMINI_API_KEY",)
    ),
    "openrouter": KnownProvider(_CHAT, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "groq": KnownProvider(_CHAT, "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": KnownProvider(_CHAT, "https://api.mistral.ai/v1", "MISTRAL_API_KEY", {"stream_options": None}),
    "deepseek": KnownProvider(_CHAT, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    "xai": KnownProvider(_CHAT, "https://api.x.ai/v1", "XAI_API_KEY"),
    "together": KnownProvider(_CHAT, "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    "ollama": KnownProvider(_CHAT, "http://localhost:11434/v1", None),
    "requesty": KnownProvider(_CHAT, "https://router.requesty.ai/v1", "REQUESTY_API_KEY"),
    "azure": KnownProvider(_CHAT, "", "AZURE_API_KEY"),
    "nebius": KnownProvider(_CHAT, "https://api.studio.nebius.com/v1", "NEBIUS_API_KEY"),
    "nvidia": KnownProvider(_CHAT, "https://integrate.api.nvidia.com/v1", "NVIDIA_API_KEY"),
    "atlascloud": KnownProvider(_CHAT, "https://api.atlascloud.ai/v1", "ATLASCLOUD_API_KEY"),
    "minimax": KnownProvider(_CHAT, "https://api.minimax.io/v1", "MINIMAX_API_KEY"),
    "baseten": KnownProvider(_CHAT, "https://inference.baseten.co/v1", "BASETEN_API_KEY"),
    "ovhcloud": KnownProvider(
        _CHAT, "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1", "OVH_AI_ENDPOINTS_ACCESS_TOKEN"
    ),
    "fireworks": KnownProvider(_CHAT, "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY"),
    "cerebras": KnownProvider(_CHAT, "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "huggingface": KnownProvider(_CHAT, "https://router.huggingface.co/v1", "HF_TOKEN"),
    "moonshot": KnownProvider(_CHAT, "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
    "vercel": KnownProvider(_CHAT, "https://ai-gateway.vercel.sh/v1", "AI_GATEWAY_API_KEY"),
    "cloudflare-workers-ai": KnownProvider(
        _CHAT, f"https://api.cloudflare.com/client/v4/accounts/${{{_CLOUDFLARE}}}/ai/v1", "CLOUDFLARE_API_TOKEN"
    ),
    "cloudflare-ai-gateway": KnownProvider(
        _CHAT,
        f"https://gateway.ai.cloudflare.com/v1/${{{_CLOUDFLARE}}}/${{CLOUDFLARE_GATEWAY_ID}}/compat",
        "CLOUDFLARE_API_TOKEN",
    ),
    "opencode-go": KnownProvider(_CHAT, "https://opencode.ai/zen/go/v1", "OPENCODE_API_KEY"),
    "opencode-zen": KnownProvider(_CHAT, "https://opencode.ai/zen/v1", "OPENCODE_API_KEY"),
    "dmr": KnownProvider(_CHAT, "http://localhost:12434/engines/v1", None),  # Docker Model Runner's default
    "page": KnownProvider("page", "page:model", None),
    "demo": KnownProvider(_CHAT, "demo://models", None),
}

NOT_HERE: Final = {
    "amazon-bedrock": "its requests are signed with the keys of a cloud account, which must not be in a page",
    "github-copilot": "it needs a sign-in on the host",
    "chatgpt": "it needs a sign-in on the host",
}
"""Providers of docker-agent that a browser cannot use, with the reasons."""

AUTOMATIC: Final = (
    ("anthropic", "claude-sonnet-4-6"),
    ("openai", "gpt-5.6"),
    ("google", "gemini-3.5-flash"),
    ("mistral", "mistral-small-latest"),
    ("openrouter", "meta-llama/llama-3.3-70b-instruct"),
    ("groq", "llama-3.3-70b-versatile"),
    ("deepseek", "deepseek-v4-pro"),
)
"""`model: auto` is the first of these whose key is in env. The order is docker-agent's."""
