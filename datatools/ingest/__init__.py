"""From a folder of anything to a table of readable images."""
