"""Rules without a database: milliseconds."""
