"""For every test: hypothesis draws the same examples in every run, so that a red build is red for everybody."""

import os

from hypothesis import HealthCheck, settings

# A busy machine is no finding: nothing here is judged by the time it takes.
settings.register_profile("suite", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
