"""How hard Hypothesis looks: HYPOTHESIS_PROFILE=thorough looks harder."""

import os

from hypothesis import settings

settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.register_profile(
    "thorough",
    settings.get_profile("default"),
    max_examples=5000,
    derandomize=False,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
