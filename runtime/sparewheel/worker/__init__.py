"""The boundary to the page: commands come in, events and replies go out.

`start` starts the runtime, `worker` dispatches commands, `options` validates their parameters, `turns` runs the turns
of open sessions, `snapshot` prepares and resumes a memory snapshot.

Sessions: `opener` opens new and stored ones, `factory` makes one of the options, `assemble` puts it together, `opened`
has the open ones; `changes` gives one another agent file, keys or models, `keep` ties it to its journal, `following`
shows the turns that another tab drives, `unfinished` finds the turn that can go on.

More commands: `sessions` (stored sessions), `files` (agent files without a session), `network` (the network, and the
health of models in other tabs), `tracing` (traces of logs). `inbox` reads the page's texts, `tape` is the way of
requests, `console` masks what Python prints, `event_loop` corrects Pyodide's event loop.
"""

from .start import start
from .worker import Worker

__all__ = ["Worker", "start"]
