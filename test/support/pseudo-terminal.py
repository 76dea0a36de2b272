"""Runs a program on a pseudo terminal: pseudo-terminal.py COLUMNS ROWS PROGRAM ARGUMENT...

Standard input is the keyboard, standard output the screen. Lines on descriptor 3 are orders: "resize COLUMNS ROWS" or
"signal NUMBER" (for the program). Ends with the program's exit status.
"""
import fcntl, os, pty, select, struct, sys, termios


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))


columns, rows, *command = sys.argv[1:]
pid, master = pty.fork()
if pid == 0:
    resize(0, columns, rows)
    os.execvp(command[0], command)

sources = {master, 0, 3}
while master in sources:
    ready, _, _ = select.select(list(sources), [], [])
    for fd in ready:
        try:
            data = os.read(fd, 65536)
        except OSError:  # the other end of a terminal is closed with an error
            data = b""
        if not data:
            sources.discard(fd)
        elif fd == master:
            os.write(1, data)
        elif fd == 0:
            os.write(master, data)
        else:
            for order in data.decode().splitlines():
                name, *arguments = order.split()
                if name == "resize":
                    resize(master, *arguments)
                else:
                    os.kill(pid, int(arguments[0]))
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
