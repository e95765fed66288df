"""Experiments: one lever at a time against a fixed baseline, what each is worth, and the ledger of all runs."""
