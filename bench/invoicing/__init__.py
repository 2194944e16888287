"""How fast is an invoice run? `python -m bench.invoicing`, see bench/README.md."""
