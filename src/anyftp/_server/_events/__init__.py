"""What happens on a server, told and counted.

Values for whoever listens, the log, and the statistics.
"""
