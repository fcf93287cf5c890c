"""A web server for the tests of downloads. It serves the files of a folder and, as the first part of the address
says, misbehaves: /cut/NAME ends the connection in the middle of the file, /redirect/NAME sends the client to
/good/NAME, and so on. It takes a free port and writes it to a file.

    bad_server.py FOLDER PORT_FILE LOG_FILE

The log has a line for each request: the address and its Range, or "-"."""

import http.server
import os
import sys
import time

folder, port_file, log_file = sys.argv[1:]
requests = {}  # of each address


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def send(self, status, body, length=None, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if length is not None and length > len(body):
            self.close_connection = True

    def do_GET(self):
        # A client that takes this server for its proxy asks for a whole address.
        _, way, name = self.path.removeprefix("http://nowhere.invalid").split("/", 2)
        asked = self.headers.get("Range")
        with open(log_file, "a") as log:
            log.write(f"{self.path} {asked or '-'}\n")
        requests[self.path] = requests.get(self.path, 0) + 1
        try:
            with open(os.path.join(folder, name), "rb") as file:
                body = file.read()
        except OSError:
            return self.send(404, b"not here")
        if way == "refuse":
            return self.send(403, b"no")
        if way == "redirect":
            return self.send(302, b"", headers=[("Location", f"/good/{name}")])
        if way == "circle":
            return self.send(302, b"", headers=[("Location", self.path)])
        if way == "local":
            return self.send(302, b"", headers=[("Location", "file:///etc/hostname")])
        if way == "silent":
            time.sleep(30)
        if way == "wrong":
            return self.send(200, bytes(len(body)))
        if way == "short":  # announces fewer bytes than were published
            return self.send(200, body[:-7])
        if way == "endless":  # announces no length, and sends more than was published
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body + b"more")
            self.close_connection = True
            return None
        status, headers, start = 200, [], 0
        if asked and way != "norange":
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                return self.send(416, b"")
            status, headers = 206, [("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")]
        rest = body[start:]
        cut = way == "cut" or way == "always_cut" or (way == "norange" and requests[self.path] == 1)
        if cut and (way == "always_cut" or requests[self.path] == 1):
            return self.send(status, rest[: max(1, len(rest) // 2)], len(rest), headers)
        return self.send(status, rest, headers=headers)


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # the client went away, as some tests want it to


server = Quiet(("127.0.0.1", 0), Server)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
