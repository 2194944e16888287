"""The support desk's API."""
