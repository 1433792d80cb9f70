"""`anyftp shell`: one session, many commands, transfers in the background.

Words are read by click, whose commands are coroutines here; the line is edited by prompt_toolkit
(extra `shell`), and read as it is where nobody types it.
"""
