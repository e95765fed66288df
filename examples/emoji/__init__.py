"""Emoji as three artists drew them: one label, three visual domains, a table with real gaps."""
