"""OpenAI Responses: the decoder of a response.

Source: OpenAI API reference, "Streaming events". Each event names its `type`; the stream ends with
`response.completed`, `response.incomplete` or `response.failed`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from .endings import GOOD_ENDS, ending
from .media_parts import MediaParts, is_media
from .notes import Notes
from .openai_common import count_tokens
from .reading import ErrorObject, arguments_text, mapping, sequence, string
from .responses_input import ENCRYPTED
from .responses_items import Items
from .writing import json_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from .assembly import Assembly
    from .responses_items import Item


class OpenAIResponsesDecoder:
    """Reads one stream of events. Unknown events are skipped; text that only `done` events have is read from them."""

    ends_with_body = False

    def __init__(self, assembly: Assembly, text: Callable[[str], None]) -> None:
        self._assembly = assembly
        self._text = text
        self._media = MediaParts(assembly)
        self._notes = Notes(assembly)
        self._items = Items()
        self._current: Item | None = None
        self._cut = False  # a call is not complete, whatever its response says
        self.ended = False

    def feed(self, data: dict[str, Any], name: str) -> None:
        kind = data.get("type")
        if not isinstance(kind, str):
            kind = data["type"] = name
        handler = _HANDLERS.get(kind)
        if handler is not None:
            handler(self, data)
        elif data.get("object") == "response":
            self._completed({"response": data})  # the complete answer of a server that does not stream

    def finish(self, *, done: bool) -> None:
        pass

    # Text

    def _text_delta(self, event: dict[str, Any]) -> None:
        piece = event.get("delta")
        if piece and isinstance(piece, str):
            item = self._open(event)
            item.streamed.add(_number(event.get("content_index")))
            self._text(piece)

    def _refusal_delta(self, event: dict[str, Any]) -> None:
        self._text_delta(event)
        if event.get("delta"):
            self._assembly.finish("refusal")

    def _text_done(self, event: dict[str, Any]) -> None:
        self._whole(event, event.get("text"))

    def _refusal_done(self, event: dict[str, Any]) -> None:
        self._whole(event, event.get("refusal"), refused=True)

    def _annotated(self, event: dict[str, Any]) -> None:
        self._notes.openai([event.get("annotation")], self._assembly.text_before)

    def _sound_delta(self, event: dict[str, Any]) -> None:
        self._media.add_samples(event.get("delta"), "audio/pcm")

    def _part_done(self, event: dict[str, Any]) -> None:
        part = mapping(event.get("part"))
        if part.get("type") in ("output_text", "refusal"):
            refusal = part.get("refusal")
            self._whole(event, refusal or part.get("text"), refused=bool(refusal))
            self._notes.openai(part.get("annotations"), self._assembly.text_before)
        elif is_media(part):
            self._media.add(part)

    def _whole(self, event: dict[str, Any], text: object, *, refused: bool = False) -> None:
        if not (text and isinstance(text, str)):
            return
        item, index = self._items.of(event), _number(event.get("content_index"))
        if index not in item.streamed:
            item.streamed.add(index)
            self._switch_to(item)
            self._text(text)
        elif item is self._current and item.streamed == {index}:
            shown = self._assembly.open_text
            if len(shown) < len(text) and text.startswith(shown):  # a delta at the end has not arrived
                self._text(text[len(shown) :])
        if refused:
            self._assembly.finish("refusal")

    # Reasoning

    def _thought_delta(self, event: dict[str, Any]) -> None:
        piece = event.get("delta")
        if piece and isinstance(piece, str):
            self._think(event, event["type"], _number(event.get("summary_index")), piece)

    def _think(self, event: dict[str, Any], family: str, part: int, piece: str) -> None:
        item = self._open(event)
        if item.family and item.family != family:
            return  # the summary of reasoning already streamed in full, or the reverse
        if item.family and item.part != part:
            self._assembly.reasoning("\n\n")
        item.family, item.part = family, part
        self._assembly.reasoning(piece)

    def _reasoning_done(self, event: dict[str, Any], item: Item, shape: dict[str, Any]) -> None:
        if not item.family:
            parts = sequence(shape.get("summary")) or sequence(shape.get("content"))
            for number, part in enumerate(parts):
                if text := string(mapping(part).get("text")):
                    self._think(event, "done", number, text)
        if secret := string(shape.get(ENCRYPTED)):
            self._switch_to(item)
            self._assembly.sign(json.dumps({"id": string(shape.get("id")), ENCRYPTED: secret}))

    # Tool calls

    def _arguments_delta(self, event: dict[str, Any]) -> None:
        piece = event.get("delta")
        if piece and isinstance(piece, str):
            item = self._items.of(event)
            if not item.done:
                item.streamed.add("arguments")
                self._assembly.tool(item.key, arguments=piece)

    def _arguments_done(self, event: dict[str, Any]) -> None:
        # The name is read from the item, together with the id, because both are needed to announce the call.
        self._call(self._items.of(event), {"arguments": event.get("arguments")})

    def _call(self, item: Item, shape: dict[str, Any]) -> None:
        """Add what is known of a call. Complete arguments replace streamed ones, which some servers encrypt."""
        arguments = arguments_text(shape.get("arguments"))
        if arguments and "arguments" in item.streamed:
            if json_object(arguments) is not None:
                self._assembly.replace_arguments(item.key, arguments)
            arguments = ""
        elif arguments:
            item.streamed.add("arguments")
        call_id, name = string(shape.get("call_id")), string(shape.get("name"))
        if call_id or name or arguments:
            self._assembly.tool(item.key, call_id=call_id, name=name, arguments=arguments)

    # Items, and the end

    def _added(self, event: dict[str, Any]) -> None:
        shape = mapping(event.get("item"))
        item_id = string(shape.get("id"))
        item = self._items.by_id.get(item_id) or self._items.add(event, item_id)
        if shape.get("type") == "function_call":
            item.copy = arguments_text(shape.get("arguments"))  # usually empty; the arguments follow
            self._call(item, {**shape, "arguments": None})

    def _item_done(self, event: dict[str, Any]) -> None:
        shape = mapping(event.get("item"))
        item = self._items.of({**event, "item_id": shape.get("id") or event.get("item_id")})
        if item.done:
            return
        event = {**event, "item_id": item.id}
        match shape.get("type"):
            case "message":
                for number, part in enumerate(sequence(shape.get("content"))):
                    self._part_done({**event, "content_index": number, "part": part})
            case "reasoning":
                self._reasoning_done(event, item, shape)
            case "function_call":
                self._call(item, shape)
                self._assembly.close_tool(item.key)
                self._cut |= shape.get("status") in ("incomplete", "failed")
            case "web_search_call" | "file_search_call":
                self._notes.search_call(shape)
            case "image_generation_call":
                self._media.add({name: shape.get(name) for name in ("result", "output_format")})
            case "code_interpreter_call":
                for output in sequence(shape.get("outputs")):
                    if mapping(output).get("type") == "image":
                        self._media.add(output)
        item.done = True

    def _completed(self, event: dict[str, Any]) -> None:
        response = mapping(event.get("response"))
        if response.get("error") or response.get("status") in ("failed", "cancelled"):
            self._failed(event)
        silent, empty = not self._assembly.streamed, self._assembly.empty
        for number, shape in enumerate(map(mapping, sequence(response.get("output")))):
            # The response repeats its items. Added are items that never closed, and all items of an answer that was not
            # streamed. Positions can differ from the events, so known items are recognised by id only.
            known = string(shape.get("id")) in self._items.by_id
            if known or silent or (empty and shape.get("type") != "reasoning"):
                self._item_done({"output_index": number, "item": shape})
        for item in self._items.all:
            if item.copy and not item.done and "arguments" not in item.streamed:
                self._call(item, {"arguments": item.copy})
        self._media.flush()
        count_tokens(self._assembly, response.get("usage"))
        self._stopped(event, response)
        self.ended = True

    def _stopped(self, event: dict[str, Any], response: dict[str, Any]) -> None:
        """The end: of an incomplete answer its reason, else the status. `response.completed` may lack the status."""
        details, status = mapping(response.get("incomplete_details")), response.get("status")
        if details or event.get("type") == "response.incomplete" or status == "incomplete":
            reason = details.get("reason")
            word = "incomplete" if ending(reason) in (None, *GOOD_ENDS) else reason
        elif self._cut:
            word = "incomplete"
        else:
            word = status or ("completed" if event.get("type") == "response.completed" else None)
        self._assembly.finish(word)

    def _failed(self, event: dict[str, Any]) -> None:
        count_tokens(self._assembly, mapping(event.get("response")).get("usage"))
        raise ErrorObject(event)

    def _open(self, event: dict[str, Any]) -> Item:
        item = self._items.of(event)
        self._switch_to(item)
        return item

    def _switch_to(self, item: Item) -> None:
        """Begin a new block when the item changes."""
        if item is not self._current:
            self._assembly.close_prose()
            self._current = item


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


_HANDLERS: Final[dict[str, Callable[[OpenAIResponsesDecoder, dict[str, Any]], None]]] = {
    "response.output_text.delta": OpenAIResponsesDecoder._text_delta,
    "response.output_text.done": OpenAIResponsesDecoder._text_done,
    "response.output_text.annotation.added": OpenAIResponsesDecoder._annotated,
    "response.audio.delta": OpenAIResponsesDecoder._sound_delta,
    "response.output_audio.delta": OpenAIResponsesDecoder._sound_delta,
    "response.audio.transcript.delta": OpenAIResponsesDecoder._text_delta,
    "response.output_audio_transcript.delta": OpenAIResponsesDecoder._text_delta,
    "response.refusal.delta": OpenAIResponsesDecoder._refusal_delta,
    "response.refusal.done": OpenAIResponsesDecoder._refusal_done,
    "response.content_part.done": OpenAIResponsesDecoder._part_done,
    "response.reasoning_summary_text.delta": OpenAIResponsesDecoder._thought_delta,
    "response.reasoning_text.delta": OpenAIResponsesDecoder._thought_delta,
    "response.reasoning_summary.delta": OpenAIResponsesDecoder._thought_delta,  # the older names
    "response.reasoning.delta": OpenAIResponsesDecoder._thought_delta,
    "response.function_call_arguments.delta": OpenAIResponsesDecoder._arguments_delta,
    "response.function_call_arguments.done": OpenAIResponsesDecoder._arguments_done,
    "response.output_item.added": OpenAIResponsesDecoder._added,
    "response.output_item.done": OpenAIResponsesDecoder._item_done,
    "response.completed": OpenAIResponsesDecoder._completed,
    "response.done": OpenAIResponsesDecoder._completed,  # of gateways, as in the Realtime API
    "response.incomplete": OpenAIResponsesDecoder._completed,
    "response.failed": OpenAIResponsesDecoder._failed,
    "response.cancelled": OpenAIResponsesDecoder._failed,
}
