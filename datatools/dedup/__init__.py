"""Finding the same picture twice: hashes propose, pixels decide, a total order says which copy stays."""
