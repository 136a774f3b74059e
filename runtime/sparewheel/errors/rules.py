"""The tables of `classify`. Each is read from the top; the first entry that matches wins.

EXACT_CODES              machine codes with one meaning, whatever the status
PHRASES                  phrases that are more exact than the status of the response
STATUSES                 the kind of an HTTP status when nothing more exact is known
VAGUE_CODES              machine codes of a whole class, for errors without a status, as in a stream that began with 200
                         (also the whole of a message, whatever the status)
GATEWAYS                 failures of a server that a gateway passes on with a status of its own
PHRASES_WITHOUT_STATUS   phrases of transports, SDKs and streams, for errors without a status
NAMES                    names of exceptions, when the text has no known phrase
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

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
        "network": "CANCELLED",
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


class Phrase(NamedTuple):
    """A pattern for the lower-case messages, one a line.

    It applies without a status, and overrides a status whose own kind is in `over` (None: any kind).
    """

    kind: Kind
    pattern: re.Pattern[str]
    over: frozenset[Kind] | None = None


def _phrase(kind: Kind, *alternatives: str, over: str = "") -> Phrase:
    kinds = frozenset(over.split()) or None
    return Phrase(kind, re.compile("|".join(alternatives), re.MULTILINE), kinds)  # type: ignore[arg-type]  # written below


PHRASES: Final[tuple[Phrase, ...]] = (
    _phrase(
        "quota",
        r"insufficient (?:credits?|balance|funds|quota)\b", r"credit balance is (?:too low|exhausted)",
        r"exceeded your current quota", r"requires more credits", r"used all available credits",
        r"(?:reached|hit|exceeded) (?:its|your|the) (?:monthly |weekly |daily )?(?:spending|usage|billing) limit\b",
        r"billing hard limit", r"account is not active, please check your billing", r"higher monthly limit",
        r"reached your specified api usage limits", r"extra usage is required", r"free-models-per-day",
        r"exceeded your monthly included credits", r"does(?: not|n't) have any credits", r"out of credits",
        r"please recharge", r"余额不足", r"payment required", r"\bquota (?:was |is |has been )?exceeded\b",
        r"(?:usage|spend(?:ing)?|billing|credit) (?:limit|quota) (?:was |is |has been )?(?:exceeded|reached)",
        r"exceeded (?:\w+ ){0,3}(?:usage|spending|billing|monthly) (?:limit|quota)\b",
        r"add (?:a payment method|more credits|funds)",
    ),
    _phrase(
        "context_overflow",
        r"maximum context length", r"context length (?:was |is )?exceeded", r"prompt is too long",
        r"input token count.{0,40}exceeds", r"exceed(?:s|ed)? (?:the |model'?s? )*context (?:limit|length|window|size)",
        r"available context size", r"context length of only", r"context window exceeds limit",
        r"exceed(?:s|ed)? (?:the )?(?:model'?s? )?(?:max(?:imum)? )?(?:model )?token limit",
        r"input is too long for (?:the )?(?:requested )?model", r"max_new_tokens.{0,12} must (?:be <=|not exceed)",
        r"must be less than the context length", r"request too large for .{0,200}tokens per min",
        r"request body too large for .{0,80}max size: \d+ tokens",
        r"request (?:entity |body |payload )?exceeds the maximum size",
        r"prompt contains \d+ tokens", r"max_tokens must be at least 1, got -\d",
        r"reduce the length of (?:the |your )?(?:messages?|prompt|input)", r"prompt tokens limit exceeded",
        r"(?:too many|number of) (?:input |prompt )?tokens (?:in|exceed)",
        r"exceeds? (?:the )?max(?:imum)? (?:input )?tokens",
        r"(?:prompt|input|conversation|message) (?:\w+ ){0,2}(?:is )?too (?:long|large)\b",
        r"(?:input|prompt) (?:length|tokens?|size) .{0,60}exceeds?",
        r"context[ _-]?(?:length|window|size|limit) .{0,60}exceed",
        r"exceed\w* .{0,40}context[ _-]?(?:length|window|size|limit)", r"too large for (?:the )?(?:model'?s )?context",
        r"(?:request|payload)(?: entity| body| size)?(?: is)? too large", r"content too large",
    ),
    _phrase(
        "auth",
        r"(?:incorrect|invalid|malformed|missing|expired|wrong) (?:api[ -]?key|x-api-key|authentication)",
        r"api[ -]?key (?:not valid|not found|expired|is (?:missing|required|invalid|expired)|was reported as leaked)",
        r"no (?:cookie )?auth credentials found", r"authentication fails", r"(?:no|didn't provide an) api key",
        r"consumer .{0,120} has been suspended", r"^(?:error: |\d{3}:? )?unauthori[sz]ed\b",
        r"(?:token|credentials?|session) (?:has |is |was )?(?:expired|revoked|invalid)",
        r"authentication (?:failed|required|error)",
        r"(?:could not|unable to|failed to) authenticate", r"invalid (?:access )?(?:token|credentials)",
        r"bad credentials",
        over="invalid_request permission auth model_not_found server_error",
    ),
    _phrase(
        "permission",
        r"cors requests? (?:must|are not)", r"location is not supported", r"region, or territory not supported",
        r"has not been used in project", r"project has been denied access", r"organization must be verified",
        r"disabled in this account", r"\bdata policy\b", r"method .{0,200} are blocked",
        r"^(?:error: |\d{3}:? )?forbidden\b", r"access (?:to .{0,80} )?(?:is |was )?(?:denied|forbidden)",
        r"permission denied",
        r"not authorized to", r"(?:do|does) not have (?:sufficient |the )?permissions?",
        r"lacks? (?:the )?permissions?",
        over="invalid_request permission auth model_not_found",
    ),
    _phrase(
        "content_filter",
        r"content management policy", r"content filtering policy", r"flagged as potentially violating",
        r"your input was flagged", r"requires moderation", r"rejected .{0,60}safety (?:system|filter)",
        r"content[ _-]?(?:policy|filter) ?(?:violation|triggered)?\b",
        r"violat\w+ .{0,60}(?:usage|content|safety) polic",
        r"blocked (?:by|due to) .{0,60}(?:safety|moderation|content)", r"inappropriate content",
        over="invalid_request permission server_error",
    ),
    _phrase(
        "unsupported",
        r"do(?:es)?(?: not|n't) support (?:tools?|tool|function|image|images|vision|video|audio|streaming|system|"
        r"multimodal|structured|reasoning|thinking|json|\d)", r"no endpoints found that support",
        r"not supported with this model", r"only supported by certain models", r"tool choice requires --enable",
        r"unsupported (?:parameter|value|feature|content type)\b", r"is not a multimodal model",
        r"(?<!\w)(?:tools?|tool[ _](?:use|calls?|choice)|functions?|function[ _]calling|images?|vision|audio|streaming|"
        r"system messages?|response_format|json mode|thinking|reasoning(?:_effort)?|temperature|top_p|parameter|"
        r"'[\w.]+')"
        r" (?:is|are) (?:currently )?(?:not|un)[ -]?supported",
        over="invalid_request model_not_found server_error",
    ),
    _phrase(
        "model_not_found",
        r"\b(?:model|models/)[^{}]{0,160}?\b(?:not found|not exist|does not exist|is not available)",
        r"\bno such model\b", r"\bunknown model\b", r"is not found for api version", r"has been decommissioned",
        r"not a valid model id", r"no endpoints found for", r"api deployment for this resource does not exist",
        r"unable to access (?:non-serverless )?model", r"try pulling it", r"no models? (?:is |are )?loaded",
        r"\bmodel\b[^{}]{0,120}? (?:is |are )?(?:not supported|unsupported|not enabled|unavailable|retired|deprecated|"
        r"disabled)",
        r"\binvalid model\b", r"\bmodel_not_found\b", r"not_found_error\b",
        over="invalid_request model_not_found permission server_error",
    ),
    # The path does not exist: base_url is wrong.
    _phrase(
        "invalid_request",
        r"^(?:404:? )?(?:page )?not found\.?$", r"\b404 page not found",
        r"\bcannot (?:post|get) /", r"\binvalid url\b",
        r"requested url .{0,200} was not found", r"\bno route\b",
        r"unexpected endpoint", r"unknown (?:endpoint|path|url|route)\b",
        over="model_not_found",
    ),
    _phrase(
        "overloaded",
        r"overloaded(?:_error)?\b", r"experiencing high (?:traffic|demand)", r"(?:at|over|tier)[ _]capacity\b",
        r"capacity exceeded", r"(?:is currently|currently) loading", r"^loading model",
        r"server (?:is )?(?:too )?busy", r"service is too busy", r"no (?:available )?capacity\b",
        r"^(?:error: |\d{3}:? )?service (?:temporarily |is )*unavailable", r"no healthy upstream",
        over="rate_limit server_error overloaded invalid_request",
    ),
    _phrase(
        "rate_limit",
        r"rate.?limit(?:ed|s|er)?\b", r"too many requests", r"tokens per min", r"requests per (?:sec|min|day)",
        r"throttl", r"high concurrency", r"error code: 1015", r"resource (?:has been )?exhausted",
        over="permission",
    ),
)  # fmt: skip

GATEWAYS: Final[tuple[Phrase, ...]] = (
    _phrase(
        "rate_limit", r"rate.?limit (?:was |is |has been )?(?:exceeded|reached|hit)", r"too many requests", r"throttl",
        r"rate limited", r"resource (?:has been )?exhausted",
        over="invalid_request server_error model_not_found",
    ),
    _phrase(
        "server_error", r"internal server error", r"bad gateway", r"gateway time-?out", r"upstream (?:connect )?error",
        r"reset before headers", r"deadline[ _]exceeded", r"connection reset by peer", r"econnreset", r"socket hang up",
        r"connection (?:was )?closed", r"closed (?:the )?connection", r"\bunexpected eof\b", r"^eof$",
        r"looking for beginning of value", r"unexpected end of json", r"unterminated string in json",
        over="invalid_request",
    ),
)  # fmt: skip

PHRASES_WITHOUT_STATUS: Final[tuple[Phrase, ...]] = (
    # Messages of browsers that hide the reason. Before `aborted`, because in Pyodide a failed fetch is an AbortError.
    _phrase(
        "network_or_cors",
        r"failed to fetch", r"networkerror when attempting to fetch", r"\bload failed\b", r"network request failed",
        r"blocked by cors", r"content security policy", r"err_blocked_by", r"address space", r"cross-origin",
        r"^axioserror: network error",
    ),
    _phrase(
        "timeout_connect", r"connect ?timeout", r"connect etimedout", r"und_err_connect_timeout",
        r"connection (?:to .{0,200} )?timed out", r"dial tcp .{0,200}i/o timeout", r"err_connection_timed_out",
    ),
    _phrase("timeout_first_content", r"headers ?timeout", r"und_err_headers_timeout"),
    _phrase("timeout_idle", r"read ?timeout", r"read timed out", r"body ?timeout", r"und_err_body_timeout"),
    _phrase(
        "stream_truncated",
        r"error in (?:input|body) stream", r"^(?:typeerror: )?terminated\b", r"other side closed", r"premature close",
        r"incomplete (?:chunked )?read", r"incomplete_chunked_encoding", r"incompleteread", r"unexpected eof",
        r"peer closed connection", r"unexpected end of (?:json|data|file|stream)", r"content_length_mismatch",
        r"(?:^|: )eof$", r"stream (?:was )?(?:closed|ended|interrupted) (?:unexpectedly|prematurely|before)",
    ),
    _phrase(
        "network",
        r"econn(?:refused|reset|aborted)", r"enotfound", r"eai_again", r"e(?:host|net)unreach", r"\bepipe\b",
        r"etimedout", r"connection (?:was )?(?:refused|reset|aborted|lost|closed|error)", r"actively refused",
        r"connection attempts failed", r"no such host", r"name or service not known", r"nodename nor servname",
        r"getaddrinfo", r"name resolution", r"dial tcp", r"broken pipe", r"socket hang ?up", r"und_err_socket",
        r"server disconnected", r"network connection was lost", r"could not connect to the server",
        r"internet connection appears to be offline", r"server with the specified hostname", r"network ?error",
        r"fetch failed", r"net::err_(?!aborted)", r"certificate", r"\b(?:ssl|tls)\b", r"http/?2.{0,40}(?:reset|goaway)",
        r"cannot assign requested address", r"closed (?:the )?connection", r"connection closed",
    ),
    _phrase(
        "aborted",
        r"\babort(?:ed|error)?\b", r"net::err_aborted", r"context canceled", r"request (?:was )?cancell?ed",
        r"operation (?:was )?cancell?ed", r"^cancell?ed\b", r"cancellederror",
    ),
    _phrase("network", r"timed out", r"\btimeout\b"),
    _phrase(
        "server_error",
        r"internal[ _](?:server[ _])?error", r"server[ _]error", r"server had an error", r"\bupstream\b",
        r"(?:model|runner|process)\b.{0,40}\b(?:crashed|stopped|terminated)", r"try again later",
        r"temporarily unavailable", r"bad gateway", r"gateway time-?out", r"deadline[ _]exceeded",
        r"looking for beginning of value", r"unterminated string", r"(?:is )?not valid json", r"invalid json",
        r"malformed (?:json|response)", r"unexpected token .{0,40}json", r"expecting value: line",
        r"something went wrong", r"reset before headers", r"upstream connect error",
    ),
    _phrase(
        "invalid_request",
        r"failed to (?:execute 'fetch'|parse url)", r"(?:not a valid|invalid) url", r"unsupported ?protocol",
        r"non iso-8859-1", r"invalid header", r"illegal header",
    ),
)  # fmt: skip

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
