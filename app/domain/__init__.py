"""The rules of the desk: pure functions over facts; standard library only, no clock, no rows, no HTTP."""
