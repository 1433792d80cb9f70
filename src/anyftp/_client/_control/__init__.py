"""One control connection: lines out, replies in, which replies are owed, back in step.

It knows commands and replies, and nothing of files.
"""
