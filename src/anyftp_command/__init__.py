"""The entry of the `anyftp` command: Ctrl-C is one line and status 130 from the first moment on.

The rest of the command takes a tenth of a second to import, and an interrupt in it would be a
traceback. So this module imports what the interpreter has at hand already (`_signal`, which
`signal` is made of, for that reads a dozen files first), has signals end the process, and imports
the command only then. Until something is under way there is nothing to clean up; from then on
signals are noted, see `anyftp._cli._ending._signals`. At the very end the interpreter gives signals
back to the system and takes all apart: what was done would end by one of them and without a word.
So they are ignored from there on, when all threads have ended.
"""

import os

SIGNALLED = 128  # and its number: as a shell reports a signal
LINE = b"anyftp: interrupted\n"
#: After this many new objects the garbage collector looks through them. What is imported is not
#: garbage; Python's own threshold looks through it fifty times, a tenth of the time of a start.
MADE_BY_IMPORTS = 20_000


def main() -> None:
    """Run the command with the arguments of this process, and exit."""
    try:
        import _signal as signal  # type: ignore[import-not-found]  # no stub has it
        import atexit

        for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has two of them
            number = getattr(signal, name, signal.SIGINT)
            # Else it is ignored.
            if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
                signal.signal(number, end_at_once)
                atexit.register(signal.signal, number, signal.SIG_IGN)  # first in, last out
        import gc

        gc.set_threshold(MADE_BY_IMPORTS)
        from anyftp._cli import main as run_command

        run_command()
    except KeyboardInterrupt:  # before the handler was there, or from what has handlers of its own
        end_at_once()


def end_at_once(number: int = 2, frame: object = None) -> None:
    """End the process with one line; a handler of signals."""
    try:
        os.write(2, LINE)
    finally:  # whether or not somebody is there to read it
        os._exit(SIGNALLED + number)
