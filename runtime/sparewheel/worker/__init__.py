"""The boundary to the page: commands come in, events and replies go out.

`start` starts the runtime, `worker` dispatches commands, `options` validates their parameters, `turns` runs the turns
of open sessions, `factory` makes a session of the options, `assemble` puts a session together, `snapshot` prepares and
resumes a memory snapshot, `event_loop` corrects Pyodide's event loop.
"""

from .start import start
from .worker import Worker

__all__ = ["Worker", "start"]
