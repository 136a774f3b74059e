"""Every probe, in a fixed order."""

from __future__ import annotations

from tests.support.probe import Probe
from tests.support.probes_page import given
from tests.support.probes_served import served
from tests.support.probes_start import starts


def all_probes() -> list[Probe]:
    return [*served(), *given(), *starts()]
