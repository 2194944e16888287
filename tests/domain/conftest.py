"""Property tests must not fail because the machine is busy."""

from hypothesis import settings

settings.register_profile("desk", deadline=None, print_blob=True)
settings.register_profile("quick", deadline=None, max_examples=10, derandomize=True)  # for mutation testing
settings.load_profile("desk")
