"""The boundary to the page: commands come in, events and replies go out.

`worker` dispatches commands, `options` validates their parameters, `factory` makes a session of the page's options,
`assemble` puts a session together, `snapshot` prepares and resumes a memory snapshot, `timers` corrects Pyodide's event
loop.
"""

from .worker import Worker, start

__all__ = ["Worker", "start"]
