#!/usr/bin/env python3
"""A TLS server that misbehaves by a script, for bench/peers/run: it counts how often each request came, and
responds to each with the request's own name, so that a response given to another request shows.

usage: server.py FAULT CERTIFICATE KEY   prints its port, serves until stdin ends, prints what it saw as JSON

A fault meets the first connection that brings a request; later ones are served well. Requests are named by the
last part of their target.
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

FAULT, CERTIFICATE, KEY = sys.argv[1:4]
K = 3  # responses before the fault
seen = {}
connections = 0
lock = threading.Lock()
first = threading.Lock()


def note(method, name):
    with lock:
        seen[method + " " + name] = seen.get(method + " " + name, 0) + 1


def body_of(name):
    return json.dumps({"id": name}).encode()


def response(name, more=b""):
    body = body_of(name)
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + more +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


def requests(stream):
    """The requests of a connection, one by one; `waiting` tells whether more have come already."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = stream.recv(65536)
            if not more:
                return
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        lines = head.split(b"\r\n")
        length = 0
        for line in lines[1:]:
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(data) < length:
            more = stream.recv(65536)
            if not more:
                return
            data += more
        data = data[length:]
        method, target = lines[0].split(b" ")[:2]
        name = target.rsplit(b"/", 1)[1].decode()
        note(method.decode(), name)
        yield method.decode(), name


def reset(stream):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def misbehave(stream):
    count = 0
    for method, name in requests(stream):
        count += 1
        if FAULT == "close_after_k":
            stream.sendall(response(name))
            if count == K:
                time.sleep(0.05)  # what is pipelined arrives, and is dropped
                stream.close()
                return
        elif FAULT == "connection_close_on_k":
            stream.sendall(response(name, b"Connection: close\r\n" if count == K else b""))
            if count == K:
                stream.close()
                return
        elif FAULT == "rst_in_flight":
            if count == 1:
                stream.sendall(response(name))  # so that who pipelines only then does so
            elif count == K:
                time.sleep(0.1)
                reset(stream)
                return
            elif not pipelined(stream):  # one at a time: no more will come
                reset(stream)
                return
        elif FAULT == "stale_post":
            if method == "POST":
                reset(stream)
                return
            stream.sendall(response(name))
        elif FAULT == "abort":
            time.sleep(0.15)
            stream.sendall(response(name))
        elif FAULT == "unsolicited":
            stream.sendall(response(name) + (response("evil") if count == K else b""))
        elif FAULT == "unsolicited_idle":
            stream.sendall(response(name) + (response("evil") if count == 1 else b""))
        elif FAULT == "stalled_head":
            if count < K:
                stream.sendall(response(name))
        elif FAULT == "te_and_cl":
            body = body_of(name)
            chunked = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
            stream.sendall(response(name) if count != K else
                           b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                           b"Content-Length: 5\r\n\r\n" + chunked)
        elif FAULT == "flood_1xx":
            if count == K:
                for _ in range(2000):
                    stream.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100)
            stream.sendall(response(name))
        elif FAULT == "garbage":
            stream.sendall(b"\x00\xffgarbage\r\n\r\n" if count == K else response(name))
        else:
            stream.sendall(response(name))


def pipelined(stream):
    """Whether another request is there, or comes soon."""
    if stream.pending():
        return True
    stream.settimeout(0.1)
    try:
        return True if stream.pending() or _readable(stream) else False
    finally:
        stream.settimeout(None)


def _readable(stream):
    import select
    return bool(select.select([stream], [], [], 0.1)[0])


def serve(stream):
    global connections
    with lock:
        connections += 1
    try:
        if first.acquire(blocking=False):
            misbehave(stream)
        else:
            for method, name in requests(stream):
                if FAULT == "abort":
                    time.sleep(0.15)
                stream.sendall(response(name))
    except (OSError, ValueError):
        pass
    finally:
        try:
            stream.close()
        except OSError:
            pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    context.set_alpn_protocols(["http/1.1"])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept():
        while True:
            plain, _ = listener.accept()
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def run(plain=plain):
                try:
                    serve(context.wrap_socket(plain, server_side=True))
                except OSError:
                    pass
            threading.Thread(target=run, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    print(json.dumps({"seen": seen, "connections": connections}), flush=True)


main()
