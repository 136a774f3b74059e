"""Folds the events of a turn into the answer so far. `web/fold.js` does the same for pages; a test compares them.

`answer` collects the output of a step, `attempts` records what became of each attempt, `turn_state` has what each event
does, `transcript` takes the events.
"""

from .answer import FoldedCall
from .attempts import FoldedAttempt
from .transcript import Folded, Transcript, fold

__all__ = ["Folded", "FoldedAttempt", "FoldedCall", "Transcript", "fold"]
