"""aioftp's server over `anyftp.Server`: users, files, commands of one's own.

Above `_pathio`, beside `_client`; the public face is `anyftp_compat.server`.
"""
