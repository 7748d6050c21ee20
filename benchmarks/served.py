"""The built site behind a web server that sends text gzipped, as the published one does."""

import gzip
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from publishing.build import ROOT, build

SITE = ROOT / "_build" / "html"
COMPRESSED = {".html", ".css", ".js", ".svg", ".json"}


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Cache-Control", "max-age=600")
        if path.suffix in COMPRESSED:
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def guess_type(self, path):
        kind = super().guess_type(path)
        return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    def log_message(self, *arguments):
        pass


@contextmanager
def site():
    """Build the site where it is stale, and yield the address at which it is served."""
    if not build():
        raise SystemExit("The site could not be built; what was wrong stands above.")
    with ThreadingHTTPServer(("127.0.0.1", 0), lambda *of: _Handler(*of, directory=str(SITE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
