"""Property tests must not fail because the machine is busy."""

from hypothesis import settings

settings.register_profile("desk", deadline=None, print_blob=True)
settings.load_profile("desk")
