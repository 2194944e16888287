"""The collector of cycles, kept from looking again and again where there are none."""

import gc

THRESHOLD = 10_000  # neither a request nor a document leaves many cycles behind; Python looks at every 700 objects


def spare_the_collector() -> None:
    """To be called when a process has started: what start-up made stays for good."""
    gc.freeze()
    gc.set_threshold(THRESHOLD)
