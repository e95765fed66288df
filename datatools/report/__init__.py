"""The report: one self-contained page, made of tables and pictures that earlier stages left."""
