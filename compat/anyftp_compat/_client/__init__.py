"""aioftp's client over `anyftp.Client`: connecting, commands, listings, data streams, trees.

Above `_pathio`; the public face is `anyftp_compat.client`.
"""
