"""`anyftp demo`: the library measured on this machine."""
