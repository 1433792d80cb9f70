"""Who may come in and what is theirs.

Names, passwords, rules for paths, and how many may be here at once.
"""
