"""The face: `Client`, whose methods take the connection for themselves and hand on.

The docstrings are the promises to users; the work is done in the rooms below.
"""
