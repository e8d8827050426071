"""What all tests share: how hard Hypothesis looks, and where helper modules are found.

HYPOTHESIS_PROFILE=thorough looks harder, =quick less so. Where CI is set, the same examples are
drawn on every run.
"""

import os
import sys
from pathlib import Path

from hypothesis import settings

# Makes modules such as `agree` importable: with import-mode=importlib no folder of tests is.
sys.path.append(str(Path(__file__).parent))

settings.register_profile(
    "default",
    max_examples=60,
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
settings.register_profile("quick", settings.get_profile("default"), max_examples=16)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
