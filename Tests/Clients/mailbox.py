#!/usr/bin/env python3
"""A mail server that takes one letter: mailbox.py. Prints its port on the first line, then the envelope and the letter, and ends."""
import socket, sys

listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(30)
print(listener.getsockname()[1], flush=True)
peer = listener.accept()[0]
lines = peer.makefile("rb")


def say(text): peer.sendall(text.encode() + b"\r\n")


say("220 mailbox")
for line in lines:
    command = line.decode().strip()
    if command.upper().startswith("DATA"):
        say("354 go on")
        for part in lines:
            if part.strip() == b".": break
            print("letter:", part.decode().rstrip("\r\n"))
        say("250 taken")
    elif command.upper().startswith("QUIT"):
        say("221 bye")
        break
    else:
        if command.upper().startswith(("MAIL", "RCPT")): print(command)
        say("250 ok")
