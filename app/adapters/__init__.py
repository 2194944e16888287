"""The outside world, one small module for each part of it."""
