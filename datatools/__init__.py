"""Pure tools on arrays and tables: no command line, no params.yaml, no torch."""
