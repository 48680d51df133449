"""What a template does to what it wrote before, found by rendering one turn and the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from electron_local.chat.template import ChatTemplate
from electron_local.chat.template_history import history_of
from electron_local.client import Electron
from fakes import FakeEngine

PLAIN = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]"
KEEPS = PLAIN + "{% endif %}"
THINKS = PLAIN + "<think>{% endif %}"
COUNTS = "{{ messages | length }}" + KEEPS
TOOLS_LAST = KEEPS.replace("[{{ m.role }}]", "{% if loop.last %}{{ tools | tojson }}{% endif %}[{{ m.role }}]")
SHORT = "{% if messages | length > 2 %}{{ raise_exception('too long') }}{% endif %}" + KEEPS


@pytest.mark.parametrize(
    ("source", "plain", "with_tools"),
    [
        (KEEPS, "kept", "kept"),
        (THINKS, "answers anew", "answers anew"),
        (COUNTS, "rewritten", "rewritten"),
        (TOOLS_LAST.replace("| tojson", "| length"), "rewritten", "rewritten"),
        (SHORT, "refused", "refused"),
    ],
)
def test_made_templates(source, plain, with_tools):
    found = history_of(ChatTemplate(source).render)
    assert (found["turns"], found["turns with tools"]) == (plain, with_tools)


def test_templates_of_real_models(shared_data):
    def of(name):
        return history_of(ChatTemplate((shared_data / "templates" / f"{name}.jinja").read_text()).render)

    assert set(of("Qwen-Qwen2.5-7B-Instruct").values()) == {"kept"}
    assert set(of("meta-llama-Llama-3.2-3B-Instruct").values()) == {"kept"}
    assert of("microsoft-Phi-3.5-mini-instruct")["turns"] == "kept"
    nemo = of("mistralai-Mistral-Nemo-Instruct-2407")  # lists its tools before the last words of the user
    assert (nemo["turns"], nemo["turns with tools"]) == ("kept", "rewritten")
    assert of("Qwen-QwQ-32B")["turns"] == "answers anew"


def test_the_bundled_and_the_fallback_template_keep_everything():
    path = Path(__file__).parents[2] / "models" / "electron-nano" / "chat_template.jinja"
    for source in (path.read_text(), None):
        assert set(history_of(ChatTemplate(source).render).values()) == {"kept"}


def test_stats_tell_it():
    with Electron(engine=FakeEngine(chat_template=COUNTS)) as client:
        assert client.stats()["template_history"]["turns"] == "rewritten"
    assert "template_history" not in client.stats()
