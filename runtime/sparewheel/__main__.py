"""`python -m sparewheel`: the same as the command `sparewheel`."""

from __future__ import annotations

import sys

from .headless.cli import main

sys.exit(main())
