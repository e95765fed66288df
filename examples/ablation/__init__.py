"""Which lever helps? The project's own answer, on two transfers with few labels."""
