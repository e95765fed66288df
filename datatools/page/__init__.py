"""What every page of the toolkit shares: the document around it, its style, and how pictures and numbers stand in it."""
