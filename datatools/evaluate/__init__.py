"""How good a model's predictions are, and how sure one may be of it: metrics, intervals and comparisons from tables alone."""
