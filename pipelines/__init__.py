"""One thin script per DVC stage: read settings and tables, call pure tools, write tables, return metrics."""
