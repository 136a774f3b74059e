"""The boundary: commands of the page in, events and replies out; and what belongs to its worker.

`worker` dispatches commands, `factory` reads the options of a session, `assemble` puts the session together,
`snapshot` prepares and resumes a memory snapshot, `timers` fixes Pyodide's event loop.
"""

from .worker import Worker, start

__all__ = ["Worker", "start"]
