"""Tests, mirroring the floor plan of the app."""
