"""The models command: names of local files, the catalogue, and downloads from a server of this machine."""

from __future__ import annotations

import contextlib
import hashlib
import io
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import pytest

from electron_local.cli import main
from electron_local.cli.progress_bar import ProgressBar
from electron_local.errors import DownloadError, ElectronError, InvalidArgumentError, ModelLoadError
from electron_local.model_files import bundled_model
from electron_local.model_store.catalogue import catalogue, find_entry
from electron_local.model_store.download import Wanted, download
from electron_local.model_store.gguf_header import read_header
from electron_local.model_store.store import ModelStore

DATA = b"GGUF" + bytes(range(256)) * 9000
SHA256 = hashlib.sha256(DATA).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves DATA; `/cut` stops in the middle once, `/whole` knows no ranges, `/gone` is a 404."""

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        if self.path == "/gone":
            self.send_error(404)
            return
        start = 0
        wanted = self.headers.get("Range")
        if wanted and self.path != "/whole":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(DATA):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(DATA)}")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(DATA) - start))
        self.end_headers()
        is_cut = self.path == "/cut" and start == 0
        self.wfile.write(DATA[start : len(DATA) // 2 if is_cut else None])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.ranges = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ELECTRON_LOCAL_MODELS", str(tmp_path / "models"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "models"


def nothing(n_done, n_all):
    pass


def test_download_and_progress(server, tmp_path):
    seen = []
    target = tmp_path / "m.gguf"
    digest = download(Wanted(server.url + "/m", len(DATA), SHA256), target, lambda *state: seen.append(state))
    assert digest == SHA256 and target.read_bytes() == DATA
    assert seen[0] == (0, len(DATA)) and seen[-1] == (len(DATA), len(DATA))
    assert not (tmp_path / "m.gguf.part").exists()


def test_a_broken_download_goes_on_where_it_stopped(server, tmp_path):
    target = tmp_path / "m.gguf"
    wanted = Wanted(server.url + "/cut", sha256=SHA256)
    with pytest.raises(DownloadError, match="pull again"):
        download(wanted, target, nothing)
    assert (tmp_path / "m.gguf.part").stat().st_size == len(DATA) // 2 and not target.exists()
    assert download(wanted, target, nothing) == SHA256
    assert server.ranges == [None, f"bytes={len(DATA) // 2}-"] and target.read_bytes() == DATA


@pytest.mark.parametrize("path", ["/whole", "/m"])
@pytest.mark.parametrize("n_have", [100, len(DATA)])
def test_what_is_there_is_asked_for_no_more(server, tmp_path, path, n_have):
    (tmp_path / "m.gguf.part").write_bytes(DATA[:n_have])
    assert download(Wanted(server.url + path), tmp_path / "m.gguf", nothing) == SHA256
    assert (tmp_path / "m.gguf").read_bytes() == DATA


@pytest.mark.parametrize("wrong", [{"size_bytes": 5}, {"sha256": "0" * 64}])
def test_a_wrong_file_is_refused_and_deleted(server, tmp_path, wrong):
    with pytest.raises(DownloadError, match="is not the file it should be"):
        download(Wanted(server.url + "/m", **wrong), tmp_path / "m.gguf", nothing)
    assert list(tmp_path.glob("m.gguf*")) == []


def test_refusals_and_no_server_are_said(server, tmp_path):
    with pytest.raises(DownloadError, match="404"):
        download(Wanted(server.url + "/gone"), tmp_path / "m", nothing)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(DownloadError, match="cannot be reached"):
        download(Wanted(f"http://127.0.0.1:{port}/m"), tmp_path / "m", nothing)


def test_offline_is_said_at_once(tmp_path, monkeypatch):
    def no_address(*args, **kwargs):
        raise URLError(socket.gaierror(-3, "Temporary failure in name resolution"))

    monkeypatch.setattr("urllib.request.urlopen", no_address)
    with pytest.raises(DownloadError, match=r"offline: models.example has no address"):
        download(Wanted("https://models.example/m"), tmp_path / "m", nothing)


def run(*words):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["models", *words])
    return status, out.getvalue()


def test_pull_list_info_remove(server, folder, capsys):
    status, text = run("pull", server.url + "/small.gguf")
    assert status == 0 and SHA256 in text and "recorded now" in text
    assert "100 %" in capsys.readouterr().err
    assert run("pull", server.url + "/small.gguf")[1].startswith("small is here") and len(server.ranges) == 1
    status, text = run("list")
    assert "small" in text and "pulled" in text and "qwen3-0.6b" in text and "electron" in text
    assert run("remove", "small")[0] == 0 and not (folder / "small.gguf").exists()
    assert run("remove", "small")[0] == 1 and "small" in capsys.readouterr().err


def test_what_is_no_model_is_not_kept(server, folder, monkeypatch):
    monkeypatch.setattr("test_model_store.DATA", b"<html>" * 99)
    assert run("pull", server.url + "/page")[0] == 1
    assert ModelStore().models() == {}


def test_a_local_file_always_works(folder, capsys):
    assert run("add", str(bundled_model()), "--name", "mine") == (0, f"mine: {bundled_model()}\n")
    status, text = run("info", "mine", "--check")
    assert status == 0 and "not recorded before" in text and "<tool_call>" in text
    assert run("info", str(bundled_model()))[0] == 0
    assert run("remove", "mine")[0] == 0 and bundled_model().is_file()
    assert run("info", "mine")[0] == 1 and "models list" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "absent.gguf"], "absent.gguf"),
        (["add", __file__], "no GGUF file"),
        (["add", str(bundled_model()), "--name", "a b"], "no name for a model"),
        (["pull", "nonsense"], "qwen3-0.6b"),
        (["pull", "ftp://host/x.gguf"], "only http and https"),
        (["info", "absent"], "neither a file nor the name"),
    ],
)
def test_wrong_words_are_said(words, said, capsys):
    assert run(*words)[0] == 1
    assert said in capsys.readouterr().err


def test_a_name_is_taken_once(tmp_path):
    store = ModelStore(tmp_path)
    store.add(bundled_model(), "mine")
    store.add(bundled_model(), "mine")
    other = tmp_path / "other.gguf"
    other.write_bytes(DATA)
    with pytest.raises(InvalidArgumentError, match="is taken"):
        store.add(other, "mine")


@pytest.mark.parametrize("text", ["[1]", '{"a": {}}', '{"a": {"path": 5}}'])
def test_a_damaged_index_is_said(tmp_path, text):
    (tmp_path / "models.json").write_text(text)
    with pytest.raises(ModelLoadError, match="damaged"):
        ModelStore(tmp_path).models()


def test_a_folder_that_cannot_be_written_is_said(tmp_path, capsys, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ElectronError, match="no names can be kept"):
        ModelStore(file / "models").add(bundled_model())
    with pytest.raises(DownloadError, match="Not a directory"):
        download(Wanted("http://127.0.0.1/m"), file / "models" / "m", nothing)
    monkeypatch.setenv("ELECTRON_LOCAL_MODELS", str(file / "models"))
    assert run("add", str(bundled_model()))[0] == 1
    assert "no names can be kept (Not a directory)" in capsys.readouterr().err


def test_the_catalogue_is_whole():
    entries = catalogue()
    assert len({entry.name for entry in entries}) == len(entries) >= 5
    for entry in entries:
        assert entry.url.startswith("https://") and entry.url.endswith(".gguf") and entry.license
        assert (entry.sha256 is None) == (entry.size_bytes is None)
        assert entry.sha256 is None or (len(entry.sha256) == 64 and "/main/" not in entry.url)
    with pytest.raises(InvalidArgumentError, match=entries[0].name):
        find_entry("nonsense")


def test_header_of_the_bundled_model():
    header = read_header(bundled_model())
    assert header["general.architecture"] == "llama" and header["tokenizer.ggml.tokens"].endswith(" items")


@pytest.mark.parametrize("n_bytes", [0, 3, 4, 20, 24, 60, 500])
def test_cut_headers_are_refused(tmp_path, n_bytes):
    path = tmp_path / "cut.gguf"
    path.write_bytes(Path(bundled_model()).read_bytes()[:n_bytes])
    with pytest.raises(ModelLoadError):
        read_header(path)


def test_a_header_that_lies_about_lengths_is_refused(tmp_path):
    path = tmp_path / "lie.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 60))
    with pytest.raises(ModelLoadError, match="damaged"):
        read_header(path)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_on_a_terminal_and_in_a_file():
    times = iter([0.0, 0.1, 1.0, 2.0])
    terminal = Terminal()
    with ProgressBar(terminal, clock=lambda: next(times)) as bar:
        for n_done in (0, 1_000_000, 5_000_000, 10_000_000):
            bar.update(n_done, 10_000_000)
    lines = terminal.getvalue().split("\r")[1:]
    assert len(lines) == 4 and " 50 % of 10.0 MB" in lines[1] and lines[-1].startswith("[" + "#" * 30)
    plain = io.StringIO()
    with ProgressBar(plain, clock=lambda: 0.0) as bar:
        for n_done in range(5):
            bar.update(n_done, None)
    assert plain.getvalue().count("\n") == 2
