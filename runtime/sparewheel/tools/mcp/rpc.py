"""JSON-RPC 2.0 messages: written, and read from a server that may send anything."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from ...jsontext import read, write
from ..base import ToolError

Message: TypeAlias = dict[str, Any]

METHOD_NOT_FOUND: Final = -32601
INVALID: Final = -32602  # parameters
INTERNAL: Final = -32603
MAX_MESSAGE: Final = 12 * 1024 * 1024  # bytes of one message: a picture of 9 MB in base64
MAX_ERROR: Final = 1_000  # characters of a server's error that are shown


class RpcError(ToolError):
    """The server answered a request with an error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


def request(number: int, method: str, params: Message) -> Message:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def notification(method: str, params: Message | None = None) -> Message:
    return {"jsonrpc": "2.0", "method": method, **({"params": params} if params is not None else {})}


def encoded(message: Message) -> bytes:
    return write(message).encode()


def decoded(text: str | bytes) -> list[Message]:
    """The messages in a text: one, or several in a batch (revision 2025-03-26). Raises `ToolError`."""
    try:
        value = read(text)
    except ValueError as error:
        raise ToolError(f"the server sent something other than JSON: {error}"[:MAX_ERROR]) from None
    messages = value if isinstance(value, list) else [value]
    if not all(isinstance(message, dict) for message in messages):
        raise ToolError("the server sent JSON that is not a JSON-RPC message")
    return messages


def is_answer(message: Message, number: int) -> bool:
    """Whether a message answers the request with this id, among those of the response to it.

    Some servers send none in the error for a request that they could not read.
    """
    if "method" in message:
        return False
    found = message.get("id")
    return is_id(found, number) or (found is None and isinstance(message.get("error"), dict))


def is_id(found: object, number: int) -> bool:
    """Whether an id is that of the request with this number. Some servers send it as text."""
    return found in (number, str(number)) and not isinstance(found, bool)


def result_of(message: Message) -> Message:
    """The result in an answer. Raises `RpcError` for an error, `ToolError` for anything else."""
    if (error := error_of(message)) is not None:
        raise error
    result = message.get("result")
    if not isinstance(result, dict):
        raise ToolError("the server sent an answer without a result")
    return result


def error_of(message: Message) -> RpcError | None:
    """The error in a message, None if there is none."""
    error = message.get("error")
    if not isinstance(error, dict):
        return None
    code, text = error.get("code"), error.get("message")
    number = code if isinstance(code, int) else 0
    return RpcError(
        number, (text if isinstance(text, str) and text else f"error {number}")[:MAX_ERROR], error.get("data")
    )
