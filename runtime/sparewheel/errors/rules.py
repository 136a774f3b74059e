"""The tables of `classify`. Each is read from the top; the first entry that matches wins.

EXACT_CODES              machine codes with one meaning, whatever the status
STATUSES                 the kind of an HTTP status when nothing more exact is known
VAGUE_CODES              machine codes of a whole class, for errors without a status, as in a stream that began with 200
                         (also the whole of a message, whatever the status)
NAMES                    names of exceptions, when the text has no known phrase
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .body import normalise

if TYPE_CHECKING:
    from .kinds import Kind


def _codes(table: dict[Kind, str]) -> dict[str, Kind]:
    return {normalise(code): kind for kind, codes in table.items() for code in codes.split()}


EXACT_CODES: Final[dict[str, Kind]] = _codes(
    {
        "quota": "insufficient_quota billing_hard_limit_reached billing_not_active billing_error BILLING_DISABLED "
        "credit_balance_exhausted organization_spend_limit_exceeded project_spend_limit_exceeded "
        "organization_usage_limit_exceeded enforced_spend_limit_reached exceeded_current_quota_error quota_exceeded "
        "insufficient_credits insufficient_balance insufficient_funds not_enough_balance payment_required Arrearage "
        "openrouter_credits openrouter_free_tier_daily usage_limit_reached 1113 minimax1008 minimax2056",
        "rate_limit": "openrouter_in_flight_budget minimax1002 minimax1039 minimax1041 minimax2045",
        "auth": "invalid_api_key incorrect_api_key missing_api_key no_api_key api_key_invalid invalid_authentication "
        "invalid_token token_expired account_deactivated CONSUMER_SUSPENDED minimax1004 minimax2049",
        "permission": "unsupported_country_region_territory SERVICE_DISABLED API_KEY_SERVICE_BLOCKED "
        "API_KEY_HTTP_REFERRER_BLOCKED API_KEY_IP_ADDRESS_BLOCKED ip_not_authorized organization_restricted "
        "insufficient_permissions ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "model_not_found": "model_not_found DeploymentNotFound model_decommissioned model_not_available unknown_model "
        "model_not_supported invalid_model",
        "context_overflow": "context_length_exceeded exceed_context_size_error request_too_large tokens_limit_reached "
        "context_window_exceeded model_context_window_exceeded string_above_max_length prompt_too_long input_too_long",
        "content_filter": "content_filter content_policy_violation ResponsibleAIPolicyViolation invalid_prompt "
        "flagged_input data_inspection_failed SAFETY PROHIBITED_CONTENT BLOCKLIST RECITATION minimax1026 minimax1027",
        "unsupported": "unsupported_parameter unsupported_value unknown_parameter UNIMPLEMENTED",
        "overloaded": "overloaded_error server_is_overloaded slow_down engine_overloaded engine_overloaded_error "
        "service_unavailable_error capacity_exceeded queue_exceeded model_overloaded over_capacity",
        # Groq: the model wrote a tool call that the server could not parse. A retry may succeed.
        "server_error": "tool_use_failed minimax1000 minimax1001 minimax1013 minimax1024 minimax1033",
        "invalid_request": "minimax1042 minimax2013",
    }
)

VAGUE_CODES: Final[dict[str, Kind]] = _codes(
    {
        "rate_limit": "rate_limit_error rate_limit_exceeded rate_limited rateLimitReached tokens requests "
        "RESOURCE_EXHAUSTED too_many_requests too_many_requests_error throttling_error ThrottlingException "
        "request_quota_exceeded token_quota_exceeded 1300 1302 1305",
        "auth": "authentication_error UNAUTHENTICATED unauthorized AuthenticationError",
        "permission": "permission_error PERMISSION_DENIED forbidden request_forbidden",
        "model_not_found": "not_found_error NOT_FOUND",
        "overloaded": "UNAVAILABLE",
        "network": "CANCELLED EAI_AGAIN ENOTFOUND ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT EPIPE",
        "stream_truncated": "ERR_STREAM_PREMATURE_CLOSE",
        "server_error": "failed api_error server_error internal_server_error internal_error INTERNAL DATA_LOSS "
        "unknown_error timeout_error DEADLINE_EXCEEDED conflict_error service_unavailable",
        "invalid_request": "invalid_request_error INVALID_ARGUMENT BadRequestError ValidationException "
        "FAILED_PRECONDITION OUT_OF_RANGE",
    }
)

STATUSES: Final[dict[int, Kind]] = {
    401: "auth",
    402: "quota",
    403: "permission",
    404: "model_not_found",
    407: "permission",  # a proxy demands credentials of its own
    408: "server_error",
    409: "server_error",  # concurrent requests (Anthropic conflict_error, Azure): a retry succeeds
    410: "model_not_found",
    413: "context_overflow",
    421: "network",
    423: "overloaded",
    424: "server_error",
    425: "server_error",
    429: "rate_limit",
    451: "permission",
    498: "overloaded",  # Groq: flex tier at capacity
    499: "network",  # a gateway saw its caller leave. Our own abort never has a status
    501: "unsupported",
    503: "overloaded",
    511: "network",  # the captive portal of a public network
    529: "overloaded",
}


def kind_of_status(status: int) -> Kind:
    """The kind of an HTTP status that came with nothing more exact."""
    return STATUSES.get(status) or ("server_error" if status >= 500 or status < 200 else "invalid_request")


NAMES: Final[dict[str, Kind]] = {
    "aborterror": "aborted",
    "cancellederror": "aborted",
    "connecttimeout": "timeout_connect",
    "readtimeout": "timeout_idle",
    "pooltimeout": "network",
    "writetimeout": "network",
    "timeouterror": "network",
    "proxyerror": "network",
    "typeerror": "network_or_cors",  # of `fetch` in every browser, whatever the reason
    "invalidurl": "invalid_request",
    "toomanyredirects": "invalid_request",
    "decodingerror": "stream_truncated",
    "connecterror": "network",
    "readerror": "network",
    "writeerror": "network",
    "networkerror": "network_or_cors",
    "brokenresourceerror": "network",
    "closedresourceerror": "network",
    "remoteprotocolerror": "stream_truncated",
    "endofstream": "stream_truncated",
    "incompleteread": "stream_truncated",
}
