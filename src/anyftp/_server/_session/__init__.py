"""What the server knows of one client.

The session, the settings it obeys, and the control connection with its TLS.
"""
