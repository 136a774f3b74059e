"""The phrases of `classify`. Each table is read from the top; the first entry that matches wins.

PHRASES                  phrases that are more exact than the status of the response
GATEWAYS                 failures of a server that a gateway passes on with a status of its own
PHRASES_WITHOUT_STATUS   phrases of transports, SDKs and streams, for errors without a status
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from .kinds import Kind


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
        "rate_limit",
        r"(?<!free )allocated quota exceeded", r"error-code#token-limit", r"quota exceeded for .{0,200}per_minute",
        r"too many tokens, please wait", r"request rate increased too", r"qpsoverflow", r"并发数过高",
        over="rate_limit permission invalid_request",
    ),
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
        r"exhausted your (?:daily|monthly) quota", r"daily free allocation", r"credits are depleted",
        r"depleted your .{0,30}credits", r"free quota has been exhausted",
        r"free allocated quota exceeded",
        r"budget has been exceeded", r"exceeded budget\b", r"monthly spending limit", r"quota is not enough",
        r"monthly limit for", r"request allowance", r"tokens per day, please", r"\btpd rate limit",
        r"account is in good standing",
        r"overdue balance", r"payment is past due", r"set inference limit",
        r"(?:hourly|session|weekly|daily) usage limit",
        r"预扣费额度失败", r"剩余额度", r"使用上限", r"今日调用次数限额",
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
        r"range of input length should be", r"maximum prompt length is", r"too many tokens: total number",
        r"token limit exceeded", r"longer than the (?:model'?s )?context length", r"expected maxlength: \d+",
        r"'body' failed to satisfy constraint: member must have length",
        r"exceed\w* .{0,40}context[ _-]?(?:length|window|size|limit)", r"too large for (?:the )?(?:model'?s )?context",
        r"(?:request|payload)(?: entity| body| size)?(?: is)? too large", r"content too large",
    ),
    _phrase(
        "content_filter",
        r"violates? usage guidelines", r"content exists risk", r"considered high\s+risk", r"safety policy blocked",
        r"不安全", r"敏感内容", r"new_sensitive", r"(?:prompt|response) was blocked",
        over="invalid_request permission server_error",
    ),
    _phrase(
        "permission",
        r"insufficient permissions? for", r"missing scopes", r"not accessible by integration",
        r"not allowed to access model",
        r"(?:don't|do not|does not) have access to the model with", r"permission '[\w.]+' denied", r"\b403 forbidden\b",
        r"does not have [\w ]{0,40}permissions?\b",
        over="invalid_request permission auth model_not_found",
    ),
    _phrase(
        "auth",
        r"invalid subscription key", r"security token .{0,40}invalid", r"无效的令牌", r"\blogin fail\b",
        r"unregistered callers", r"api keys are not supported by this api",
        r"(?:incorrect|invalid|malformed|missing|expired|wrong) (?:api[ -]?key|x-api-key|authentication)",
        r"api[ -]?key (?:not valid|not found|expired|is (?:missing|required|invalid|expired)|was reported as leaked)",
        r"no (?:cookie )?auth credentials found", r"authentication fails", r"(?:no|didn't provide an) api key",
        r"consumer .{0,120} has been suspended", r"^(?:error: |401:? )?unauthori[sz]ed\b",
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
        r"does not support parameter", r"argument not supported on this model", r"\bunsupported param",
        r"image input is not",
        r"operation does not work with the specified model", r"with on-demand throughput", r"unsupported for streaming",
        r"not supported in the v1/", r"is allowed for this model",
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
        r"disabled)", r"模型不存在", r"无可用渠道", r"model identifier is invalid", r"not found for account",
        r"not have access to model",
        r"\binvalid model\b", r"\bmodel_not_found\b", r"not_found_error\b",
        over="invalid_request model_not_found permission server_error overloaded",
    ),
    # The path does not exist: base_url is wrong.
    _phrase(
        "invalid_request",
        r"^(?:404:? )?(?:page |resource )?not found\.?$", r"\b404 page not found",
        r"\bcannot (?:post|get) /", r"\binvalid url\b",
        r"requested url .{0,200} was not found", r"\bno route\b",
        r"unexpected endpoint", r"unknown (?:endpoint|path|url|route)\b",
        over="model_not_found",
    ),
    _phrase(
        "overloaded",
        r"overloaded(?:_error)?\b", r"experiencing high (?:traffic|demand)", r"(?:at|over|tier)[ _]capacity\b",
        r"capacity exceeded", r"(?:is currently|currently) loading", r"^loading model",
        r"queuedwelltime", r"no slots available", r"serviceunavailableexception", r"no more data centers",
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
        over="invalid_request server_error model_not_found overloaded",
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
    _phrase(
        "server_error",
        r"error occurred while processing your request", r"unexpected error\s+during processing",
        r"function_invocation_timeout", r"gateway_timeout", r"\bpost predict:",
    ),
    # Messages of browsers that hide the reason. Before `aborted`, because in Pyodide a failed fetch is an AbortError.
    _phrase(
        "network_or_cors",
        r"failed to fetch", r"networkerror when attempting to fetch", r"\bload failed\b", r"network request failed",
        r"blocked by cors", r"content security policy", r"err_blocked_by", r"address space", r"cross-origin",
        r"^axioserror: network error",
    ),
    _phrase(
        "timeout_connect", r"connect ?timeout", r"connect etimedout", r"und_err_connect_timeout",
        r"connection (?:to .{0,200} )?timed out", r"connection timeout after", r"dial tcp .{0,200}i/o timeout",
        r"err_connection_timed_out",
    ),
    _phrase(
        "timeout_first_content",
        r"headers ?timeout", r"und_err_headers_timeout", r"while awaiting headers", r"with 0 bytes received",
        r"deadline exceeded after",
    ),
    _phrase(
        "timeout_idle",
        r"read ?timeout", r"read timed out", r"body ?timeout", r"und_err_body_timeout", r"while reading body",
    ),
    _phrase("network", r"error sending request for url"),
    _phrase(
        "stream_truncated",
        r"payload is not completed", r"incomplete json segment", r"response ended prematurely",
        r"error decoding response body", r"reading a body from connection", 
        r"stream disconnected before completion", r"err_stream_premature_close",
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
        r"forcibly closed", r"eof occurred in violation", r"cannot assign requested address",
        r"closed (?:the )?connection", r"connection closed",
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
        r"must be followed by tool messages", r"should alternate with", r"unexpected role '",
        r"inputs? are not permitted",
        r"input should be ", r"missing one or multiple required", r"api version not supported",
        r"at least 1 token long",
        r"must be set to (?:true|false)", r"invalid_request_(?:error|message)",
        r"non iso-8859-1", r"invalid header", r"illegal header",
    ),
)  # fmt: skip
