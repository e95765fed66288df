"""Builders of example data, each with the script that measured what its README states."""
