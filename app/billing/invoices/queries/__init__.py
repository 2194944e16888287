"""SQL of invoices. Whoever issues or credits holds the client first; the series' head is locked last of all."""
