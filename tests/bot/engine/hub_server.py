"""A server that speaks as much of the Hugging Face Hub's API as a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "1" * 40


class HubServer(ThreadingHTTPServer):
    """Serves `folder` as one model. `refuse`: a status and the Hub's error code for it, sent
    instead of every answer; `asked` lists what was asked for. `claimed`: how large its weights are
    said to be, where not as they are."""

    def __init__(self, folder: Path, model: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.model = folder, model
        self.refuse: tuple[int, str] | None = None
        self.asked: list[str] = []
        self.claimed: int | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: HubServer

    def do_GET(self) -> None:
        """Answer one request."""
        hub = self.server
        path = self.path.partition("?")[0]
        hub.asked.append(path)
        if hub.refuse is not None:
            self._send(hub.refuse[0], b"{}", {"X-Error-Code": hub.refuse[1]})
        elif path == f"/api/models/{hub.model}/revision/main":
            self._send(200, json.dumps({"id": hub.model, "sha": COMMIT}).encode())
        elif path.startswith(f"/api/models/{hub.model}/revision/"):
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        elif path.startswith(f"/api/models/{hub.model}/tree/"):
            self._send(200, json.dumps([self._entry(p) for p in self._files()]).encode())
        elif path.startswith(f"/{hub.model}/resolve/{COMMIT}/"):
            body = (hub.folder / path.rpartition("/")[2]).read_bytes()
            tag = hashlib.sha256(body).hexdigest()
            headers = {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT}
            if hub.claimed is not None and path.endswith(".safetensors"):
                headers["X-Linked-Size"] = str(hub.claimed)
            self._send(200, body, headers)
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def _files(self) -> list[Path]:
        return sorted(path for path in self.server.folder.iterdir() if path.is_file())

    def _entry(self, path: Path) -> dict[str, object]:
        body = path.read_bytes()
        oid = hashlib.sha1(body).hexdigest()
        entry: dict[str, object] = {"type": "file", "path": path.name, "size": len(body)}
        if path.suffix == ".safetensors":
            sha = hashlib.sha256(body).hexdigest()
            entry["lfs"] = {"oid": sha, "size": len(body), "pointerSize": 134}
        return entry | {"oid": oid}

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def serving(folder: Path, model: str) -> Iterator[HubServer]:
    """The server, running in a thread."""
    with HubServer(folder, model) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
