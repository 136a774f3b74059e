"""What holds for all tests of the unit ring."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# An example may take as long as it takes: hypothesis would fail one for the 200 ms that a machine stood still.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
