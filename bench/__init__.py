"""The speed of the desk, measured against a bare app that does as little as one can."""
