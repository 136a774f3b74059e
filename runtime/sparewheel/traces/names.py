"""The names of what spans tell: OpenTelemetry's semantic conventions for generative AI, release 1.41.1, and our own.

Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/ (1.41.1 is the last release before they moved into a
repository of their own). Names that the conventions lack begin with `sparewheel.`.
"""

from __future__ import annotations

from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.41.1"
SCOPE: Final = "sparewheel"

SERVICE: Final = "service.name"
OPERATION: Final = "gen_ai.operation.name"
AGENT: Final = "gen_ai.agent.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_CREATION: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_CALL: Final = "gen_ai.tool.call.id"
# Contents, only if they are asked for.
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
ERROR: Final = "error.type"
STATUS: Final = "http.response.status_code"
SERVER: Final = "server.address"
PORT: Final = "server.port"

# Ours.
TURN: Final = "sparewheel.turn"
STEP: Final = "sparewheel.step"
ATTEMPT: Final = "sparewheel.attempt"
COST: Final = "sparewheel.cost_usd"
DISCARDED: Final = "sparewheel.discarded"
OUTCOME: Final = "sparewheel.outcome"

CHAT: Final = "chat"
INVOKE_AGENT: Final = "invoke_agent"
EXECUTE_TOOL: Final = "execute_tool"

# The providers of agent files whose names in the conventions are others.
PROVIDERS: Final = {
    "google": "gcp.gemini",
    "azure": "azure.ai.openai",
    "mistral": "mistral_ai",
    "xai": "x_ai",
}
