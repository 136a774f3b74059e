"""What runs a model's code inside the sandbox: a worker of an opaque origin, without network, storage and keys.

`start` is called by `web/sandbox`. Everything here may be changed by the code that it runs, so that nothing outside
relies on it: what is promised about the sandbox holds without it.

    in   run      code, files, keep, functions, packages, limits       answer   the result of a call of the code
    out  ready    output   printed text       call   of a function     result   what the run came to
"""

from .harness import Harness, start

__all__ = ["Harness", "start"]
