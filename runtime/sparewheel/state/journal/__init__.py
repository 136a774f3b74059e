"""The journal: what happened in each session, in order, so that a turn outlives its tab or process.

A `Store` queues records and writes them to a `Backend`: in memory (`MemoryBackend`), in IndexedDB, or in SQLite. To add
a storage, write a `Backend`; `tests/support/stores.py` has what each of them must do.

    store = Store(MemoryBackend())
    store.append(session, [{"type": "prompt", "at": at, ...}], header)   # queues; never blocks, never raises
    await store.flush(session)                                           # durable; raises StoreFailed
    journal = await store.read(session)                                  # .records, .last, .lost, .future
    rows = await store.headers()                                         # the list of sessions, without reading records
    await store.delete(session)
    await store.claim(session), await store.release(session)             # one driver
    store.ask_for(session), store.watch(session, callback)               # callback("records" | "wanted")
    await store.close()

A record is a JSON object `{session, seq, at, v, type, ...}`; `seq` rises within a session, `at` is ISO 8601 in UTC:

- `session {key, value}`: a fact of the session. A later record of the same key replaces it (`drop`).
- `prompt {turn, agent, messages}`: a turn begins; written before anything else of it happens.
- `partial {turn, items}`: text that was streamed since the last one, as items in order: `{attempt, content}`,
  `{attempt, reasoning}`, or `{attempt, discarded: true}`. With `resume`, the step under way can be taken up by it.
  `course`: how the turn went since the last one (see `course`).
- `step {turn, start, messages}`: from its message number `start` on, the turn now consists of `messages`, of
  whose calls those with an id in `sandboxed` run in the code sandbox; or
  `step {turn, result}`: `{id, name, output, is_error}` of one call, before all calls of the step have ended.
- `effect {turn, key, state, ...}`: of a call that changes something; `state` is `intended`, `done` or `failed`.
- `usage {turn, attempt, model, ...}`: what an attempt cost, failed and discarded ones included.
- `end {turn, outcome, kept, spent, course, ...}`: the turn is over; `spent` has the usage of each attempt, `course` how
  it went. With `messages`, it also replaces every other record of the turn; of one that is not `kept` in the
  conversation, they are its prompt.
"""

from .backend import Backend, Change, News, StoreFailed
from .headers import Header, SessionStatus
from .memory import Memory, MemoryBackend
from .records import Journal, Record
from .store import Store

__all__ = [
    "Backend",
    "Change",
    "Header",
    "Journal",
    "Memory",
    "MemoryBackend",
    "News",
    "Record",
    "SessionStatus",
    "Store",
    "StoreFailed",
]
