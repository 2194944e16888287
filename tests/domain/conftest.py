"""Property tests must not fail because the machine is busy."""

import os

from hypothesis import settings

settings.register_profile("desk", deadline=None, print_blob=True)
settings.register_profile("quick", deadline=None, max_examples=10, derandomize=True)  # for mutation testing
settings.register_profile("fuzz", deadline=None, print_blob=True, max_examples=20_000)
settings.load_profile("fuzz" if "DESK_FUZZ_SECONDS" in os.environ else "desk")
