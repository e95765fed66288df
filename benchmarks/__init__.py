"""Each claim of speed or quality as a script that prints and writes its numbers beside those of the peers."""
