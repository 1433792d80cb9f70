"""What everything of aioftp's stands on: codes, exceptions, time-outs, names that may be patched.

Nothing here moves a byte; no other room is known.
"""
