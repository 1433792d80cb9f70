"""Start one program on one CPU and report what it used; run as ``python -S -I launch.py``.

A child that is started by fork or vfork inherits its parent's size as the first value of
``ru_maxrss``. The suites therefore start everything through this program, which imports next to
nothing and stays smaller than anything that is measured.

Usage: ``launch.py [--adopt] CPU REPORT_FD STDOUT COMMAND…``. With ``--adopt`` (Linux) processes
that the program leaves behind are counted as well: some servers fork sessions and never ask what
became of them. CPU is a number, or ``-`` for any. STDOUT is ``-`` to keep the standard output, or a
file that is opened for writing *without truncation*: pages of a tmpfs file that exist already cost
much less than fresh ones, and every contestant shall pay the same.
"""

import os
import signal
import sys
import time


def start(cpu: str, report_fd: int, stdout: str, command: list[str]) -> int:
    """Fork, pin, redirect and execute; return the process id."""
    pid = os.fork()
    if pid:
        return pid
    os.close(report_fd)
    if cpu != "-" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(cpu)})
    if stdout != "-":
        os.dup2(os.open(stdout, os.O_WRONLY | os.O_CREAT, 0o644), 1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
        os._exit(127)


def adopt() -> None:
    """Become the parent of the orphans among our descendants: PR_SET_CHILD_SUBREAPER."""
    import ctypes

    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def collect(pid: int) -> tuple[int, list[float]]:
    """Wait for the program and for whatever was adopted; return the status and the sums."""
    status, user, system, peak = 0, 0.0, 0.0, 0
    while True:
        try:
            ended, state, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return status, [user, system, peak]
        if ended == pid:
            status = os.waitstatus_to_exitcode(state)
        user += usage.ru_utime
        system += usage.ru_stime
        peak = max(peak, usage.ru_maxrss)


def main() -> None:
    """Run the command and write one line of figures to the report's descriptor."""
    arguments = sys.argv[1:]
    if arguments[0] == "--adopt":
        del arguments[0]
        adopt()
    cpu, report_fd, stdout, *command = arguments
    started = time.monotonic()
    pid = start(cpu, int(report_fd), stdout, command)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
    status, used = collect(pid)
    seconds = time.monotonic() - started
    os.write(int(report_fd), " ".join(map(str, [status, seconds, *used])).encode())


main()
