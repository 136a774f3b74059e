"""Agents in the same process as the Python program that uses them: no browser, no page.

`open_agent` opens a session, `session` is what it gives, `turn` runs one turn in a task, `clean` takes secrets out of
what leaves the session, `hooks` makes hooks of functions, `store` and `keeping` are about
sessions that outlive the program.
"""

from ..page.results import Result
from .open_agent import open_agent
from .session import AgentSession
from .store import SessionStore

__all__ = ["AgentSession", "Result", "SessionStore", "open_agent"]
