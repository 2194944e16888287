"""The verbs of quotes, one file each; `consent` is what time entries and simulations ask."""
