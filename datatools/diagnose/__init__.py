"""What is wrong with a project, how sure that is, and what to change: evidence from tables and frozen features, and the checks of it."""
