"""Files and trees, down and up: one file, several at once, in parts, going on, checked.

A file has its name when it is whole; what has come is counted and reported.
"""
