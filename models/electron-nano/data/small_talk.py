"""Greetings, small talk, and short refusals of what no tool can do."""

from __future__ import annotations

from random import Random

from .tables import written_lines

# topic: (what people say, what the assistant answers); {me} is the assistant's name.
TALK: dict[str, tuple[str, list[str]]] = {
    "hello": (
        "(hello|hi|hey|hello there|hi there|hey there|good day|howdy|greetings|hello again) [electron|{me}|assistant]",
        ["Hello! What can I do for you?", "Hi! How can I help?"],
    ),
    "morning": ("good morning [electron|{me}|to you]", ["Good morning! What can I do for you?"]),
    "evening": ("good evening [electron|{me}|to you]", ["Good evening! What can I do for you?"]),
    "afternoon": ("good afternoon [electron|{me}|to you]", ["Good afternoon! What can I do for you?"]),
    "night": ("good night [electron|{me}]", ["Good night! Sleep well."]),
    "how are you": (
        "(how are you [doing|today]|how is it going|how's it going|how do you feel [today]|are you okay|how have "
        "you been)",
        ["I am fine, thank you. How can I help?"],
    ),
    "thanks": (
        "(thanks|thank you|thank you very much|thanks a lot|many thanks|great thanks|perfect thank you|cheers|"
        "thank you so much)",
        ["You are welcome."],
    ),
    "bye": (
        "(bye|goodbye|see you|see you later|good bye|bye bye|that's all|that is all for now|talk to you later|i'm "
        "done)",
        ["Goodbye!", "Goodbye! See you soon."],
    ),
    "name": (
        "(what is your name|what's your name|who are you|who am i talking to|tell me your name|do you have a name|"
        "what should i call you|what are you called)",
        ["I am {me}.", "My name is {me}."],
    ),
    "robot": (
        "(are you a robot|are you human|are you real|are you a person|am i talking to a machine|are you a computer)",
        ["I am {me}, a voice assistant."],
    ),
    "joke": (
        "(tell me a joke|make me laugh|do you know a joke|say something funny|can you tell a joke|another joke please)",
        ["Why did the car nap? It was too tired.", "What do you call a sleeping bull? A bulldozer."],
    ),
    "bored": ("(i'm bored|i am bored|this is boring|i'm so bored)", ["How about some music or a joke?"]),
    "tired": ("(i'm tired|i am tired|i am so sleepy|i'm exhausted)", ["Please take a break when you can."]),
    "happy": (
        "(i'm happy|i am happy|i feel great|today is a great day|i'm in a good mood)",
        ["I am glad to hear that!"],
    ),
    "sad": ("(i'm sad|i am sad|i feel bad|i had a bad day|today was awful)", ["I am sorry to hear that."]),
    "praise": (
        "(you are great|good job|well done|you're the best|i like you|nice work|you are very helpful|that was "
        "good|great)",
        ["Thank you! I am glad to help."],
    ),
    "blame": (
        "(you are stupid|you're useless|that's wrong|that is not what i said|you are bad at this|no that's wrong)",
        ["I am sorry. Please say it again."],
    ),
    "age": ("(how old are you|what is your age|when were you born)", ["I am quite new."]),
    "love": ("(i love you|do you love me|will you marry me)", ["That is kind of you!"]),
    "repeat": ("(what|pardon|excuse me|come again|huh)", ["How can I help?"]),
    "okay": ("(okay|ok|alright|all right|fine|sure|yes|yeah|yep)", ["All right."]),
    "no": ("(no|nope|no thanks|no thank you|never mind|forget it|cancel that|stop)", ["All right, never mind."]),
    "meaning": (
        "(what is the meaning of life|why are we here|what is love)",
        ["That is a big question. I do not know."],
    ),
    "sing": ("(sing a song|can you sing|sing for me|sing me something)", ["I had better not sing."]),
    "weather talk": ("(nice day today|lovely day isn't it|what a day)", ["Yes, indeed!"]),
    "new here": (
        "(it's my first time here|i'm new here|i have never done this before)",
        ["Welcome! Just say what you need."],
    ),
    "ready": (
        "(are you there|can you hear me|are you listening|hello are you there|test test)",
        ["Yes, I am listening."],
    ),
    "wait": ("(wait|one moment|hold on|just a second|give me a minute)", ["Take your time."]),
    "birthday": ("(it's my birthday|today is my birthday)", ["Happy birthday!"]),
    "live": ("(where do you live|where are you from|where are you)", ["I live in this device."]),
    "language": ("(do you speak german|do you speak french|which languages do you speak)", ["I speak English only."]),
}

WRITTEN_SHARE = 0.6
CANNOT = "Sorry, I cannot do that."
DO_NOT_KNOW = "Sorry, I do not know that."

# Requests that no tool here serves; {w} is a random noun.
_OUT_OF_SCOPE: list[str] = [
    "[please|can you|could you] (book|reserve|cancel|find|get) (a flight|a hotel|a table|a ticket|a room) "
    "[for tonight|for me]",
    "[please|can you] (send|write|read|delete) (an email|a text|a message|my emails|a letter) [to my boss|to "
    "everyone|now]",
    "[please|can you] (transfer|send|pay|withdraw) [some] (money|fifty dollars|my rent|the bill|cash)",
    "[please|can you] (turn on|turn off|dim) the (lights|television|oven|headlights|radio|vacuum) [in the kitchen|"
    "please]",
    "[please|can you] (add|put) (milk|bread|eggs|apples) (on|to) my (shopping list|to do list)",
    "[please|can you] (lock|unlock) (the front door|the trunk|the garage|my phone)",
    "[please|can you] (translate|spell|define) (hello|a word|this sentence) [into french|for me]",
    "[please|can you] (schedule|cancel|move) (a meeting|my appointment|the call) [for monday|tomorrow]",
    "[please|can you] (wash|clean|repair|sell|park|buy) (the car|my shoes|the dishes|a house|my bike)",
    "[please|can you] (print|scan|copy|sign) (a document|this page|my contract)",
    "[please|can you] (take|show me|edit) (a photo|a picture|a video)",
    "[please|can you] (feed|walk|brush) (the dog|my cat|the fish)",
    "[please|can you] (bake|cook|make me|prepare) (a cake|dinner|breakfast|a steak)",
]
_QUESTIONS: list[str] = [
    "(who is|who was) the (president|king|queen|mayor|author|inventor) of (france|the telephone|spain|hamlet|this "
    "town)",
    "(what is|what's) the (capital|population|currency|flag|history) of (france|brazil|japan|canada|egypt|norway|"
    "kenya)",
    "how (many people live|big is the biggest house) in (china|texas|india|rome|peru)",
    "(when did|why did) (the war|the roman empire|the game|the movie|the party) (end|start|begin)",
    "(what is|what's) (ten times twelve|the square root of nine|five plus six|the speed of light|a black hole)",
    "how (tall|old|heavy|fast|rich) is (the eiffel tower|the moon|an elephant|a cheetah|the president|a whale)",
    "who won the (game|election|world cup|race|match) [last night|yesterday|last year]",
    "(what is|what's) the (stock price|share price) of (apple|google|tesla|ford)",
    "how do (airplanes fly|magnets work|i tie a tie|i fix a flat tire|you boil an egg)",
    "(what is|what's) my (bank balance|credit score|account number|password|blood type)",
    "(what|which) (movie|book|show) should i (see|read|watch)",
    "who (wrote|painted|invented|discovered) (hamlet|the mona lisa|the wheel|america|electricity)",
]


def remark(rng: Random) -> tuple[str, str]:
    """A grammar of small talk and the answer, both with `{me}` where the assistant's name belongs."""
    if rng.random() < WRITTEN_SHARE:
        _, rest = rng.choice(written_lines("talk.txt")).split("|", 1)
        grammar, answers = rest.rsplit("|", 1)
        return grammar, rng.choice(answers.split(" / "))
    grammar, fixed = TALK[rng.choice(list(TALK))]
    return grammar, rng.choice(fixed)


def out_of_scope(rng: Random) -> tuple[str, str]:
    """A grammar of something that no tool here does, and the refusal."""
    if rng.random() < WRITTEN_SHARE:
        return rng.choice(written_lines("outside.txt")), CANNOT
    if rng.random() < 0.55:
        return rng.choice(_OUT_OF_SCOPE), CANNOT
    return rng.choice(_QUESTIONS), DO_NOT_KNOW
