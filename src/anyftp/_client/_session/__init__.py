"""One session: its state, what is learnt of the server, login, protection, end, retries.

Plain functions over the state; each takes the `Session` it works on.
"""
