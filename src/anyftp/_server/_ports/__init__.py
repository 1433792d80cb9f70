"""Where data connections are made.

Ports of ours and of the client's, behind proxies and address translation too.
"""
