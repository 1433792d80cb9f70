"""`anyftp serve` and `anyftp passwd`: options, accounts, sockets, reloading."""
