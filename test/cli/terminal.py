"""Runs a command on a terminal of its own and talks to it by a script, as a person at the keyboard would.

terminal.py STEPS COMMAND...: STEPS is a JSON list of {"expect": text} (waits until the text has come, from where the last one
was found), {"send": text}, {"pause": seconds}, {"signal": number} and {"hangup": true}. Prints JSON: what was written, the exit status (negative: the
signal), the terminal's settings before, during and after.
"""

import json
import os
import pty
import select
import signal
import sys
import termios
import time

LIMIT_SECONDS = 30


def settings(descriptor):
    attributes = termios.tcgetattr(descriptor)
    return {"flags": attributes[:4], "raw": not attributes[3] & (termios.ICANON | termios.ECHO)}


def main():
    steps = json.loads(sys.argv[1])
    master, slave = pty.openpty()
    before = settings(slave)
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(master)
        os.login_tty(slave) if hasattr(os, "login_tty") else take_terminal(slave)
        os.execvp(sys.argv[2], sys.argv[2:])
    output = b""
    position = 0
    during = None
    deadline = time.monotonic() + LIMIT_SECONDS
    missing = None

    def read(timeout):
        nonlocal output
        ready, _, _ = select.select([master], [], [], timeout)
        if not ready:
            return True
        try:
            piece = os.read(master, 65536)
        except OSError:
            return False
        output += piece
        return piece != b""

    for step in steps:
        if "expect" in step:
            wanted = step["expect"].encode()
            while output.find(wanted, position) < 0:
                if time.monotonic() > deadline or not read(0.1):
                    missing = step["expect"]
                    break
            if missing is not None:
                break
            position = output.find(wanted, position) + len(wanted)
            during = settings(slave) if master >= 0 else during
        elif "pause" in step:
            end = time.monotonic() + step["pause"]
            while time.monotonic() < end:
                read(0.05)
        elif "send" in step:
            os.write(master, step["send"].encode())
        elif "signal" in step:
            os.kill(child, step["signal"])
        elif "hangup" in step:
            os.close(slave)
            os.close(master)
            master = slave = -1
    status = None
    while status is None and time.monotonic() < deadline:
        if master >= 0:
            read(0.05)
        else:
            time.sleep(0.05)
        pid, value = os.waitpid(child, os.WNOHANG)
        if pid != 0:
            status = os.waitstatus_to_exitcode(value)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    if master >= 0:
        while select.select([master], [], [], 0)[0] and read(0):
            pass
    after = settings(slave) if slave >= 0 else None
    print(json.dumps({"output": output.decode(errors="replace"), "status": status, "missing": missing,
                      "before": before, "during": during, "after": after}))


def take_terminal(slave):
    import fcntl

    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for descriptor in range(3):
        os.dup2(slave, descriptor)


main()
