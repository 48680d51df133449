"""The bundled model in doubt about its instructions: each sentence alone decides."""

from __future__ import annotations

import pytest

from electron_local import Electron

SYSTEM = (
    "You are Nora, the voice of the hotel Bergblick. Answer in one short sentence. The sauna opens at 3 pm. "
    "Pets cost 15 euros a night. The ski room is in the basement. Towels are changed by Mila. "
    "The shuttle leaves from platform 4. Packed lunches have to be ordered before 9 pm."
)
QUESTIONS = {
    "when does the sauna open": "3 pm",
    "what do pets cost": "15",
    "where is the ski room": "basement",
    "where does the shuttle leave": "4",
    "which platform is the shuttle at": "4",
    "until when can i order a packed lunch": "9 pm",
}


@pytest.fixture(scope="module")
def client():
    with Electron() as client:
        yield client


def said(client, text, system=SYSTEM, **fields):
    """The answer, and how many questions it took."""
    before = client.engine.stats()["questions"]
    messages = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    answer = client.chat.completions.create(model="electron", messages=messages, temperature=0, max_tokens=60, **fields)
    return answer.choices[0].message.content, client.engine.stats()["questions"] - before


def test_facts_are_told_from_the_instructions(client):
    answers = {text: said(client, text) for text in QUESTIONS}
    right = [value in answers[text][0].lower() for text, value in QUESTIONS.items()]
    assert sum(right) >= 5, answers
    assert any(n_questions for _, n_questions in answers.values())


def test_what_is_not_there_is_admitted(client):
    unknown = client.engine.model.unknown_answer
    assert unknown
    for text in ("what is the wifi password", "where is the gym"):
        assert said(client, text)[0] == unknown


def test_small_talk_is_not_asked_about(client):
    for text in ("hello", "thank you very much", "goodbye"):
        answer, n_questions = said(client, text)
        assert answer and n_questions == 0
