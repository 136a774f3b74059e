"""The kinds of failure, in one table: everything that depends on a kind is read from its row.

To add a kind, add its name to `Kind` and its row to `FACTS`, then run `python -m bundle.typings`, which writes the same
names to `web/events.d.ts`.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal[
    "rate_limit",
    "overloaded",
    "server_error",
    "network",
    "network_or_cors",
    "stream_truncated",
    "timeout_connect",
    "timeout_first_content",
    "timeout_idle",
    "timeout_turn",
    "quota",
    "no_key",
    "auth",
    "permission",
    "model_not_found",
    "invalid_request",
    "unsupported",
    "context_overflow",
    "refusal",
    "content_filter",
    "empty_output",
    "response_too_large",
    "circuit_breaker",
    "skipped",
    "unknown",
    "aborted",
    "loop",
    "guardrail",
    "in_doubt",
    "open_elsewhere",
    "storage",
    "config",
    "internal",
]

Code: TypeAlias = Literal[
    "rate_limit",
    "context_overflow",
    "auth_error",
    "network_error",
    "server_error",
    "model_error",
    "circuit_breaker",
    "unknown",
]

Fault: TypeAlias = Literal[
    "rate_limit",
    "overloaded",
    "server_error",
    "network",
    "network_or_cors",
    "offline",
    "stream_truncated",
    "timeout_connect",
    "timeout_first_content",
    "timeout_idle",
    "quota",
    "auth",
    "permission",
    "model_not_found",
    "invalid_request",
    "unsupported",
    "context_overflow",
    "refusal",
    "content_filter",
    "empty_output",
    "unknown",
]
"""What a page can have the next attempt fail with: kinds of failures of a model, and `offline`."""

Action: TypeAlias = Literal["retry", "next", "fail", "finish"]

Scope: TypeAlias = Literal["network", "host", "model", "account", "request", "answer", "turn"]


class KindFacts(NamedTuple):
    """One row of `FACTS`."""

    code: Code
    """The coarse reason that pages switch on."""
    retryable: bool
    """Whether the same request to the same model may succeed later."""
    action: Action
    """What the chain does by default: `retry` the same model (then the next), ask the `next` model, or `fail`."""
    scope: Scope
    """What the failure is about: the way to the host, the host, the model, the account (a key at a host), this request,
    an answer of which nothing can be kept (refused, empty, without end), or the turn, which then ends."""
    trips_breaker: bool
    """Whether the failure counts towards opening the model's circuit breaker."""
    hint: str
    """Advice for the user; `hints.hint_for` fills in `{vendor}`, `{key}`, `{keys}` and `{billing}`. Empty: the code
    that raises the error writes its own."""


# fmt: off
FACTS: Final[dict[Kind, KindFacts]] = {
    "rate_limit": KindFacts("rate_limit", True, "next", "model", False,
        "{vendor} limits the request rate of this key. Wait a moment, send fewer requests, or raise the account's "
        "limit; with a fallback model at another provider the turn goes on."),
    "overloaded": KindFacts("server_error", True, "retry", "host", True,
        "{vendor} has more requests than it can serve. Try again in a moment, or add a fallback model."),
    "server_error": KindFacts("server_error", True, "retry", "host", True,
        "The error is at {vendor}, not in the request. Try again; if it persists, check the status page of {vendor} "
        "or add a fallback model."),
    "network": KindFacts("network_error", True, "retry", "network", True,
        "{vendor} could not be reached. Check the internet connection, the host in base_url, its certificate, and any "
        "proxy or firewall in between."),
    "network_or_cors": KindFacts("network_error", True, "retry", "network", True,
        "The browser could not reach {vendor} and does not report why. Possible causes: you are offline; the server "
        "does not allow this page (CORS); its certificate is not valid; a browser extension or blocker stops the "
        "request; the page's Content-Security-Policy does not list the host in connect-src; base_url is wrong or "
        "redirects, and a redirect is not followed because the key would be sent along."),
    "stream_truncated": KindFacts("network_error", True, "retry", "host", True,
        "The connection to {vendor} closed before the answer was complete. Try again; a proxy or an unstable network "
        "can cut long answers."),
    "timeout_connect": KindFacts("network_error", True, "retry", "network", True,
        "{vendor} did not respond in time. Check base_url and the network, or raise timeouts.connect."),
    "timeout_first_content": KindFacts("server_error", True, "retry", "host", True,
        "{vendor} sent no content in time and may be overloaded. Try again, or raise timeouts.first_content."),
    "timeout_idle": KindFacts("server_error", True, "retry", "host", True,
        "{vendor} stopped sending in the middle of the answer. Try again, or raise timeouts.idle."),
    "timeout_turn": KindFacts("unknown", False, "fail", "turn", False,
        "Raise timeouts.turn in the agent file, or ask for less at once."),
    "quota": KindFacts("rate_limit", False, "next", "account", False,
        "The credit or quota of {key} is spent. Add credit or raise the limit{billing}, or use another key or "
        "provider."),
    "no_key": KindFacts("auth_error", False, "next", "account", False,
        "Set the key of this model in env, or remove the model from the fallback models."),
    "auth": KindFacts("auth_error", False, "next", "account", False,
        "{vendor} does not accept {key}. Check that it is complete, still valid and issued by {vendor}{keys}, and "
        "that base_url belongs to the same provider."),
    "permission": KindFacts("auth_error", False, "next", "account", False,
        "{key} is not allowed to do this at {vendor}. Check the permissions of the key and its project, the allowed "
        "regions and origins, and whether the account may use this model."),
    "model_not_found": KindFacts("model_error", False, "next", "model", False,
        "{vendor} has no such model, or the account may not use it. Check the model's name and base_url."),
    "invalid_request": KindFacts("model_error", False, "next", "request", False,
        "{vendor} rejects this request; sending it again will not help. The message names what to change."),
    "unsupported": KindFacts("model_error", False, "next", "model", False,
        "The model does not support something in the request (a tool, an image, a parameter). Remove it, or choose a "
        "model at {vendor} that supports it."),
    "context_overflow": KindFacts("context_overflow", False, "next", "request", False,
        "The conversation is too long for this model. Shorten the prompt or the history, lower max_tokens, or choose "
        "a model with a larger context window."),
    "refusal": KindFacts("model_error", False, "next", "answer", False,
        "The model declined to answer. Rephrase the prompt, or use another model."),
    "content_filter": KindFacts("model_error", False, "next", "answer", False,
        "A safety filter of {vendor} stopped the answer. Rephrase the prompt, or use another model."),
    "empty_output": KindFacts("model_error", True, "retry", "answer", False,
        "The model sent an empty answer. Try again, rephrase the prompt, or use another model."),
    "response_too_large": KindFacts("model_error", False, "next", "answer", False,
        "The answer is longer than max_response_bytes in the agent file allows. Raise that limit, or ask for a shorter "
        "answer."),
    "circuit_breaker": KindFacts("circuit_breaker", False, "next", "model", False,
        ""),
    "skipped": KindFacts("unknown", False, "next", "account", False,
        "You have chosen not to ask this model. Use it again to have it asked."),
    "unknown": KindFacts("unknown", False, "next", "request", False,
        "The error is of no known kind; the message is all that {vendor} sent. Try again, or add a fallback model."),
    "aborted": KindFacts("unknown", False, "fail", "turn", False,
        "The turn was stopped. Send the prompt again to continue."),
    "loop": KindFacts("model_error", False, "next", "answer", False,
        "The model does not come to an end. Rephrase the prompt, raise frequency_penalty, or use another model."),
    "guardrail": KindFacts("unknown", False, "fail", "turn", False,
        ""),
    "in_doubt": KindFacts("unknown", False, "fail", "turn", False,
        "Find out whether the call had its effect, and answer with done, again or skip."),
    "open_elsewhere": KindFacts("unknown", False, "fail", "turn", False,
        "Close the session in the other tab or process, or take it over from there."),
    "storage": KindFacts("unknown", False, "fail", "turn", False,
        ""),
    "config": KindFacts("unknown", False, "fail", "turn", False,
        ""),
    "internal": KindFacts("unknown", False, "fail", "turn", False,
        "This is a bug in Sparewheel. Please report it."),
}
# fmt: on

KINDS: Final[tuple[Kind, ...]] = tuple(FACTS)
CODE_OF: Final[dict[Kind, Code]] = {kind: facts.code for kind, facts in FACTS.items()}
RETRYABLE: Final[frozenset[Kind]] = frozenset(kind for kind, facts in FACTS.items() if facts.retryable)
