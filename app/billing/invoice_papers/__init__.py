"""The renderings of stored invoices, as files."""
