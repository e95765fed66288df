"""Derived images of train rows: what may be derived from what (plan), how (one file per method), and what came out (measure)."""
