"""Files that a restored Python does without until a module in them is imported."""

from __future__ import annotations

import pytest

from sparewheel.errors import SparewheelError
from sparewheel.tools.python.blocking import on_blocking
from sparewheel.worker.snapshot import _Late


@pytest.mark.parametrize("fails", [False, True])
def test_the_page_is_told_that_the_worker_cannot_answer_while_the_files_are_fetched(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[object] = []

    def fetch_now() -> None:
        order.append("fetched")
        if fails:
            raise OSError("404 for late")

    monkeypatch.setattr("sparewheel.tools.python.blocking._listeners", [])
    monkeypatch.setattr("sparewheel.worker.snapshot.complete", lambda: None)
    on_blocking(order.append)
    late = _Late(fetch_now)
    if fails:
        with pytest.raises(ModuleNotFoundError, match="404 for late"):
            late.find_spec("no_such_module", None, None)
    else:
        assert late.find_spec("no_such_module", None, None) is None
    before, fetched, after = order
    assert isinstance(before, float) and before >= 120
    assert (fetched, after) == ("fetched", 0.0)


def test_without_a_network_a_part_of_the_runtime_is_missing_and_no_defect() -> None:
    class NetworkError(Exception):
        name = "NetworkError"

    def fetch_now() -> None:
        raise NetworkError

    late = _Late(fetch_now)
    assert late.find_spec("no_such_module", None, None) is None
    with pytest.raises(SparewheelError, match="A part of the runtime") as caught:
        late.find_spec("sparewheel.no_such_module", None, None)
    assert (caught.value.info.kind, caught.value.info.retryable) == ("network", True)
