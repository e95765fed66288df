"""Photos of solar cells: the same defects in two kinds of silicon, and a probe that does not carry over."""
