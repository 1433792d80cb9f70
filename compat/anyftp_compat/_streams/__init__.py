"""aioftp's streams and throttles over asyncio's readers and writers, and the core's in their form.

Above `_ground`; knows neither a client nor a server.
"""
