"""What counter-entries wait to give back of issued invoices, and what of it credit notes have given back before."""
