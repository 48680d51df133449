"""What system prompts say: personas, and rules about fillers, JSON and greetings, in many wordings."""

from __future__ import annotations

from random import Random

from . import entities as en
from .tables import words, written_lines
from .wording import expand

_PLACES = words(
    """a car|a hotel|a restaurant|a museum|a train station|a shop|a coffee shop|an airport|a home|a cinema|a bank|a gym
a library|a hospital|a zoo|a theater|a bakery|a camp site|a ferry|a pharmacy"""
)
_PERSONAS = (
    "You are {me}, the voice assistant of {place}. Answer in one or two short spoken sentences.",
    "You are {me}, a voice assistant for {place}. Be brief and friendly.",
    "Your name is {me}. You help people in {place}. Speak in short plain sentences.",
    "You are {me}. Keep answers short. Use a tool when one fits.",
    "You are {me}, a helpful assistant. Answer in short spoken sentences.",
    "You are {me}, the voice of {place}. Use the tools to help. Keep it short.",
    "{me} is your name and you work in {place}. Be polite and brief.",
    "You speak for {place} and your name is {me}. Never say more than two sentences.",
)
_FILLER_RULES = (
    "(When|Whenever|If|Each time|Any time|As soon as) you (use|call|need|want to use|want to call|are going to use|"
    "reach for|have to use) (a tool|one of the tools|any tool|a function), [first|always] (say something [short]|"
    "say a few words|say a short phrase|ask the (user|person|caller|guest) to (wait|hold on)|"
    "tell the (user|person|caller|guest) (to hold on|to wait|that you are on it)|"
    "let the (user|caller|person) know|announce it|acknowledge the request|use a filler [phrase]) "
    "[for a moment|before it|beforehand|ahead of it].",
    "(Before|Ahead of|Prior to) (each|every|any|a) (tool call|call of a tool|use of a tool), (say something|"
    "say a short phrase|say a few words|ask for a moment|tell the user to wait|give a brief sign that you heard).",
    "Before you (use|call|run|ask) (a tool|any tool|a function), (say a short phrase|say something|ask for a moment|"
    "say one short sentence|tell the caller to wait).",
    "(Always say|Please say|Say) (a few words|something|one short sentence|a short phrase) (before|ahead of|prior to) "
    "(a tool call|each tool call|using a tool|every call of a tool|you call a function).",
    "Tell the user to (wait|hold on|hang on) before you (call|use) a (tool|function).",
    "Never (call|use|run) a tool (in silence|silently|without a word): (say something short|say a few words|speak) "
    "first.",
    "Let the (user|caller) know that you are on it, then call the tool.",
    "Give a brief sign that you heard, and only then use a tool.",
    "Each tool call comes after a few spoken words.",
    'Use a filler such as "one moment" (ahead of|before|with) every tool call.',
    "Acknowledge each request in two or three words, (then|and then) call the tool.",
    "(Bridge|Fill) the wait for a tool with a (short phrase|few words).",
)
# Rules that sound like the ones above and ask for no filler.
_SILENT_RULES = (
    "When a tool fits, call it.",
    "Use a tool whenever one fits.",
    "If a tool has an error, say so.",
    "Call tools at once, without a word.",
    "Say nothing before a tool call.",
    "After a tool call, tell the result in one sentence.",
    "If no tool fits, say that you cannot do it.",
    "Ask when something that a tool needs is missing.",
)
JSON_RULES = (
    'Answer with JSON only: {"answer": ...}, null where you do not know.',
    'Give every answer as a JSON object with the key "answer"; it is null if you do not know.',
    'Your replies are JSON objects with one key, "answer".',
    'Use JSON for your answers, with the key "answer" and nothing else.',
    'All answers are in JSON with the field "answer".',
    'Return JSON with the single key "answer", null if the answer is not known.',
)
GREETING_RULES = (
    "Greet the user first.",
    "Begin with a greeting.",
    "Speak first and say hello.",
    "Say hello first.",
    "Open the conversation and give your name.",
    "You start: welcome the guest.",
    "Welcome the user at the beginning.",
    "The first words are yours: greet the caller.",
)
GREETINGS = (
    "Hello! I am {me}. How can I help?",
    "Welcome! I am {me}. What can I do for you?",
    "Hi, {me} here. How can I help?",
)
WRITTEN_SHARE = 0.5
FILLERS = ("One moment.", "Let me see.", "Just a second.", "Sure, one moment.")


def persona(rng: Random) -> tuple[str, str]:
    """A name and a system prompt that gives it."""
    me = rng.choice(("Electron", en.invented_word(rng), en.pick(en.NAMES, rng)))
    line = rng.choice(written_lines("personas.txt") if rng.random() < WRITTEN_SHARE else _PERSONAS)
    return me, line.format(me=me, place=rng.choice(_PLACES))


def filler_rule(rng: Random) -> str:
    """A rule to say something before each tool call."""
    return _sentence(expand(rng.choice(_FILLER_RULES), rng))


def silent_rule(rng: Random) -> str:
    """A rule about tools that asks for no filler."""
    return rng.choice(_SILENT_RULES)


def _sentence(text: str) -> str:
    return text.replace(" .", ".").replace(" ,", ",")
