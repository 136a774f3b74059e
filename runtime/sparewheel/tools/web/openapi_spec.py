"""Reads an OpenAPI 3 document: its operations, and the schema of each. The document may be hostile."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import urljoin

from ...jsonschema.readable import readable_schema
from ...jsonschema.reader import Reader, find
from ...jsonschema.tree import merged, rewrite, without
from ...jsontext import read
from ...visible import readable
from ...yamltext import steps
from ..base import ToolError
from ..toolset import shown
from .addresses import MAX_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...jsonschema.reader import Budget
    from ...slices import Slices

MAX_SPEC: Final = 10 * 1024 * 1024  # bytes
MAX_DESCRIPTION: Final = 1_000  # characters
MAX_PATHS: Final = 5_000
MAX_PARAMETERS: Final = 200  # of one operation
MAX_MEDIA: Final = 20  # forms of one body
_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options")
_READING: Final = ("get", "head", "options")
_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_FORM: Final = "application/x-www-form-urlencoded"
# OpenAPI ignores the first three as parameters (3.1, "Parameter Object"); browsers set the others.
_NOT_OURS: Final = ("accept", "content-type", "authorization", "cookie", "host", "content-length")

Place: TypeAlias = Literal["path", "query", "header", "body", "whole_body"]


_PLACES: Final[dict[str, Place]] = {"path": "path", "query": "query", "header": "header"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where an argument goes. `explode`: a list becomes one pair for each value, an object one for each field."""

    place: Place
    name: str
    explode: bool = True
    deep: bool = False


@dataclass(slots=True)
class Operation:
    """One operation, whose schemas have not been read yet."""

    name: str
    method: str
    path: str
    raw: Mapping[str, Any]
    shared: list[Any]  # parameters of all operations of the path

    @property
    def read_only(self) -> bool:
        return self.method in _READING


@dataclass(slots=True)
class Signature:
    """Description and schema of an operation for the model, and where its arguments go."""

    description: str
    schema: dict[str, Any]
    parameters: dict[str, Parameter]
    form: bool = False  # the body is a form, not JSON
    required_body: bool = field(default=False)


def parse_spec(body: bytes) -> Slices[dict[str, Any]]:
    """Parse the document, JSON or YAML. Raises `ToolError`."""
    text = body.decode("utf-8-sig", "replace")
    try:
        spec: Any = read(text) if text.lstrip().startswith("{") else (yield from steps(text)).value
    except ValueError as error:
        raise ToolError(f"The OpenAPI document cannot be read: {' '.join(str(error).split())[:300]}") from None
    version = spec.get("openapi") if isinstance(spec, dict) else None
    if not isinstance(version, str | float) or not str(version).startswith("3."):
        raise ToolError("This is not an OpenAPI 3 document.")
    return dict(spec)


def base_url(spec: Mapping[str, Any], spec_url: str) -> str:
    """The URL of the first server with the defaults of its variables; without one, the root of the document's host.

    A default is not searched for other variables. Raises `ToolError` if the first server has no valid URL.
    """
    servers = spec.get("servers")
    server = servers[0] if isinstance(servers, list) and servers else None
    url = server.get("url") if isinstance(server, Mapping) else None
    if not isinstance(url, str) or not isinstance(server, Mapping):
        url, server = "/", {}
    variables = server.get("variables")

    def fill(place: re.Match[str]) -> str:
        variable = variables.get(place[1]) if isinstance(variables, Mapping) else None
        default = variable.get("default", "") if isinstance(variable, Mapping) else None
        return str(default) if isinstance(default, str | int | float) and len(str(default)) <= MAX_URL else place[0]

    try:
        return urljoin(spec_url, _VARIABLE.sub(fill, url[:MAX_URL])).rstrip("/")
    except ValueError:  # brackets that hold no IPv6 address
        raise ToolError(f"The URL of the document's first server is not valid: {url[:200]!r}") from None


def operations(spec: Mapping[str, Any]) -> Iterator[Operation]:
    """All operations, each with a unique name. Raises `ToolError` if there are too many to look at."""
    names = _Names()
    paths = spec.get("paths")
    if isinstance(paths, Mapping) and len(paths) > MAX_PATHS:
        raise ToolError(f"The OpenAPI document has {len(paths)} paths, and {MAX_PATHS} can be read.")
    for path, raw_item in paths.items() if isinstance(paths, Mapping) else ():
        if not isinstance(path, str) or not path.startswith("/") or len(path) > MAX_URL:
            continue  # a path that does not start with / would change the host
        item = follow(spec, raw_item)
        if not isinstance(item, Mapping):
            continue
        shared = item.get("parameters")
        for method in _METHODS:
            raw = item.get(method)
            if isinstance(raw, Mapping):
                wanted = raw.get("operationId")
                name = tool_name(wanted[:MAX_DESCRIPTION] if isinstance(wanted, str) else "", f"{method}_{path}")
                yield Operation(names.unused(name), method, path, raw, shared if isinstance(shared, list) else [])


def tool_name(wanted: str, otherwise: str) -> str:
    """A name that every provider accepts: letters, digits and `_`, 64 at most."""
    for name in (wanted, otherwise):
        plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
        if plain:
            return plain if len(plain) <= 64 else f"{plain[:55]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return "operation"


class _Names:
    """Gives out names once. Linear in the number of names, also if all of them are the same."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: Counter[str] = Counter()

    def unused(self, name: str) -> str:
        stem = name[:58]
        while name in self._taken:
            self._next[stem] += 1
            name = f"{stem}_{self._next[stem] + 1}"
        self._taken.add(name)
        return name


def follow(spec: Mapping[str, Any], node: Any) -> Any:
    """What a reference within the document leads to; None for any other reference, and for one to itself."""
    for _ in range(10):
        reference = node.get("$ref") if isinstance(node, Mapping) else None
        if not isinstance(reference, str):
            return node
        try:
            node = find(spec, reference)
        except ValueError:
            return None
    return None


def signature(spec: Mapping[str, Any], operation: Operation, budget: Budget) -> Signature:
    """What an operation takes.

    Raises:
        ToolError: it has too many parameters, or its schemas exceed `budget` or have what cannot be seen.
    """
    reader = _SchemaReader(spec, budget)
    names = _Names()
    properties: dict[str, Any] = {}
    required: list[str] = []
    found = Signature(_description(operation), {}, {})

    def add(parameter: Parameter, schema: dict[str, Any], key: str, *, needed: bool) -> None:
        plain = re.sub(r"[^A-Za-z0-9_.-]", "_", key[:64]) or "_"  # every provider accepts it
        key = names.unused(f"{parameter.place}_{plain}"[:64] if plain in properties else plain)
        found.parameters[key] = parameter
        properties[key] = schema
        if needed:
            required.append(key)

    declared: dict[tuple[str, str], Mapping[str, Any]] = {}
    own = operation.raw.get("parameters")
    given = [*operation.shared[:MAX_PARAMETERS], *(own[:MAX_PARAMETERS] if isinstance(own, list) else [])]
    if len(given) >= MAX_PARAMETERS:
        raise ToolError(f"It has {MAX_PARAMETERS} parameters or more.")
    for raw in given:
        parameter = follow(spec, raw)
        if isinstance(parameter, Mapping) and isinstance(parameter.get("name"), str):
            declared[str(parameter.get("in")), parameter["name"]] = (
                parameter  # an operation's own parameter takes precedence
            )
    for (place, name), raw in declared.items():
        known = _PLACES.get(place)
        if known is not None and (known != "header" or _is_header(name)):
            parameter = Parameter(known, name, raw.get("explode") is not False, raw.get("style") == "deepObject")
            add(parameter, reader.read_parameter(raw), name, needed=place == "path" or raw.get("required") is True)
    body = follow(spec, operation.raw.get("requestBody"))
    if isinstance(body, Mapping):
        found.form, schema = _body_schema(reader, body)
        needed = body.get("required") is True
        fields: dict[str, Any] = schema.get("properties", {})
        for name, each in fields.items():
            add(Parameter("body", name), each, f"body_{name}", needed=needed and name in schema.get("required", ()))
        if schema and not fields:
            add(Parameter("whole_body", "body"), schema, "body", needed=needed)
        found.required_body = needed
    try:
        found.schema = readable_schema({"type": "object", "properties": properties, "required": required})
    except ValueError as error:
        raise ToolError(str(error)) from None
    return found


class _SchemaReader:
    """The schemas of one operation with references resolved, within one limit for all."""

    def __init__(self, spec: Mapping[str, Any], budget: Budget) -> None:
        self._reader = Reader(spec, budget)

    def read(self, schema: object) -> dict[str, Any]:
        try:
            return rewrite(merged(self._reader.read(schema if isinstance(schema, Mapping) else {})), _tidy)
        except (ValueError, RecursionError) as error:
            raise ToolError(str(error)) from None

    def read_parameter(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        content = raw.get("content")
        media = next(iter(content.values()), {}) if isinstance(content, Mapping) else raw
        found = media.get("schema") if isinstance(media, Mapping) else None
        schema = {"type": "string"} if found is None else self.read(found)
        if isinstance(raw.get("description"), str):
            schema["description"] = raw["description"][:MAX_DESCRIPTION]
        return schema


def _tidy(node: dict[str, Any]) -> dict[str, Any]:
    """Remove patterns, which a hostile document could make slow to match, and shorten descriptions."""
    tidy = without(node, "pattern", "patternProperties", "title")
    if "description" in tidy:
        tidy["description"] = tidy["description"][:MAX_DESCRIPTION]
    return tidy


def _body_schema(reader: _SchemaReader, body: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
    """Whether the body is a form, and its schema; an empty schema if it is neither a form nor JSON."""
    content = body.get("content")
    kinds = islice(content.items(), MAX_MEDIA) if isinstance(content, Mapping) else ()
    media = {str(kind).partition(";")[0].strip().lower(): each for kind, each in kinds}
    for kind, each in media.items():
        if (kind == "application/json" or kind.endswith("+json")) and isinstance(each, Mapping):
            return False, reader.read(each.get("schema"))
    form = media.get(_FORM)
    return (True, reader.read(form.get("schema"))) if isinstance(form, Mapping) else (False, {})


def _is_header(name: str) -> bool:
    return name.lower() not in _NOT_OURS and bool(re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", name))


def _description(operation: Operation) -> str:
    parts = [operation.raw.get("summary"), operation.raw.get("description")]
    texts = list(dict.fromkeys(part.strip() for part in parts if isinstance(part, str) and part.strip()))
    text = readable("\n".join(texts)[:MAX_DESCRIPTION]) or f"{operation.method.upper()} {shown(operation.path, 200)}"
    return f"{text} (deprecated)" if operation.raw.get("deprecated") is True else text
