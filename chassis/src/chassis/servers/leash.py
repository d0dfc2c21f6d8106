"""Becomes another program that dies with its parent: run as `python -I leash.py SIGNAL PARENT USER COMMAND...`.

A `preexec_fn` would run Python in a forked copy of a process with threads, which may deadlock and warns on Python 3.12.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    signal, parent, user, *command = sys.argv[1:]
    if user != "-":
        import pwd

        entry = pwd.getpwnam(user)
        os.initgroups(user, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
    if sys.platform == "linux":
        # After setuid, because the kernel forgets the signal when credentials change.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal))
    if os.getppid() != int(parent):  # it died before the leash was on
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


main()
