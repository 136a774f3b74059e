"""History made ready for the next model: paired, portable, and with nobody else's thoughts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sparewheel.media import Media
from sparewheel.messages import Image, Message, Reasoning, Text, ToolCall, assistant, user
from sparewheel.providers.history import MEDIA_NOTE, NOT_RUN, prepare

ME = "anthropic/a"


def calls(*ids: str, signature: str = "", origin: str = ME) -> Message:
    return Message("assistant", tuple(ToolCall(call_id, "look", "{}", signature, origin) for call_id in ids))


def result(call_id: str, text: str = "seen") -> Message:
    return Message("tool", (Text(text),), tool_call_id=call_id)


def test_a_clean_history_stays_as_it_is() -> None:
    history = [user("hi"), calls("c1", "c2"), result("c1"), result("c2"), assistant("done")]
    assert prepare(history, ME) == history


def test_results_are_put_in_the_order_of_the_calls_and_made_up_where_missing() -> None:
    history = [user("hi"), calls("c1", "c2", "c3"), result("c3", "3"), result("c1", "1"), user("next")]
    assert prepare(history, ME)[2:] == [result("c1", "1"), result("c2", NOT_RUN), result("c3", "3"), user("next")]


def test_results_without_a_call_and_second_results_are_dropped() -> None:
    history = [
        result("c0"),
        user("hi"),
        result("c9"),
        calls("c1"),
        result("c1", "1"),
        result("c1", "again"),
        result("x"),
    ]
    assert prepare(history, ME) == [user("hi"), calls("c1"), result("c1", "1")]


def test_thoughts_and_signatures_stay_with_the_model_they_came_from() -> None:
    mine = Message("assistant", (Reasoning("hm", "sig", ME), Text("a"), ToolCall("c", "look", "{}", "s", ME)))
    other = Message("assistant", (Text("a"), ToolCall("c", "look", "{}", "", ME)))
    assert prepare([mine, result("c")], ME) == [mine, result("c")]
    assert prepare([mine, result("c")], "openai/b") == [other, result("c")]


def test_a_message_of_nothing_but_foreign_thoughts_is_dropped() -> None:
    assert prepare([user("hi"), Message("assistant", (Reasoning("hm", "", "x/y"),))], ME) == [user("hi")]


def test_names_that_an_api_would_refuse_are_replaced() -> None:
    """A model asked for a tool that does not exist; later requests repeat the call."""

    def asked(name: str) -> str:
        call = Message("assistant", (ToolCall("c", name, "{}", "", ME),))
        return prepare([call, result("c")], ME)[0].tool_calls[0].name

    names = ["look-1_a", "files.read", "look\0", "größe", "x" * 70, ""]
    assert [asked(name) for name in names] == ["look-1_a", "files_read", "look_", "gr__e", "x" * 64, "_"]


def test_ids_that_an_api_would_refuse_are_replaced_the_same_way_every_time() -> None:
    odd = "toolu:" + "x" * 94
    first, second = prepare([calls(odd), result(odd)], ME), prepare([calls(odd), result(odd)], ME)
    assert first == second
    new = first[0].tool_calls[0].id
    assert new == first[1].tool_call_id
    assert len(new) <= 64
    assert new != odd


def test_ids_used_twice_are_told_apart() -> None:
    history = [
        calls("call_0"),
        result("call_0", "1"),
        calls("call_0", "call_0"),
        result("call_0", "2"),
        result("call_0", "3"),
    ]
    ready = prepare(history, ME)
    ids = [call.id for message in ready for call in message.tool_calls]
    assert len(set(ids)) == 3
    assert [(m.tool_call_id, m.text) for m in ready if m.role == "tool"] == list(zip(ids, "123", strict=True))


MESSAGES = st.one_of(
    st.just(user("u")),
    st.lists(st.sampled_from(["a", "b", "a#1", "ü", "x" * 80]), max_size=3).map(lambda ids: calls(*ids)),
    st.sampled_from(["a", "b", "ü", "z"]).map(result),
    st.just(Message("assistant", (Reasoning("hm", "s", "x/y"),))),
)


@given(st.lists(MESSAGES, max_size=12))
def test_whatever_happened_every_call_has_exactly_one_result_right_behind_it(history: list[Message]) -> None:
    ready = prepare(history, ME)
    expected: list[str] = []
    seen: set[str] = set()
    for message in ready:
        assert message.parts
        if message.role == "tool":
            assert message.tool_call_id == expected.pop(0)
        else:
            assert not expected
            expected = [call.id for call in message.tool_calls]
            assert not seen & set(expected)
            assert len(set(expected)) == len(expected)
            seen |= set(expected)
    assert not expected
    assert prepare(ready, ME) == ready


PICTURE = Media("image/png", "iVBORw0KGgo=", 8, signature="sig", origin=ME)


def test_pictures_of_an_answer_follow_it_in_a_users_message() -> None:
    answer = Message("assistant", (Text("See:"), PICTURE, *calls("c1").parts))
    shown = Message("user", (Text(MEDIA_NOTE), Image("data:image/png;base64,iVBORw0KGgo=")))
    other = Message("assistant", (Text("See:"), *calls("c1").parts))
    assert prepare([answer, result("c1")], ME) == [other, result("c1"), shown]


def test_an_api_that_takes_the_pictures_of_its_model_gets_them_back() -> None:
    answer = Message("assistant", (PICTURE,))
    assert prepare([answer], ME, own_media=True) == [answer]
    assert [message.role for message in prepare([answer], "google/b", own_media=True)] == ["user"]


def test_media_that_no_request_can_have_leave_a_note() -> None:
    sound = Media("audio/wav", "UklGRg==", 4, origin=ME)
    assert prepare([Message("assistant", (Text("Aye."), sound))], ME) == [
        assistant("Aye."),
        Message("user", (Text(MEDIA_NOTE), Text("(audio/wav, not sent)"))),
    ]
