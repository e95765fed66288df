"""Knowing how noisy an image is, leaving clean ones alone, and cleaning the others no more than they need."""
