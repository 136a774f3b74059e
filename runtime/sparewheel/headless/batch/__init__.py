"""Batches: the prompts of a file, on this machine or on others, and their outcomes in a file that the next run reads.

`run` holds a run together; `job` is what is asked and by which engine, `here` asks in this process, `spread` through an
executor, whose workers run `chunk`; `pools` makes executors; `pace` and `budget` limit what is asked; `report` and
`progress` tell; `command` is `sparewheel batch`.
"""

from __future__ import annotations

from .report import BatchReport
from .run import run_batch

__all__ = ["BatchReport", "run_batch"]
