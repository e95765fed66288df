"""Images and a table by late fusion: what a completed table adds to a model of images, or that it adds nothing."""
