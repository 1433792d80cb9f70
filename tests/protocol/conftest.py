"""Settings of the property tests: no deadline, since a busy machine is not a bug."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "calm",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("calm")
