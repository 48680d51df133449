"""Facts, questions and instructions that are only ever used to evaluate."""

from __future__ import annotations

# Statement | question | words that answer it.
_FACTS = """Breakfast is served until 10 am.|until when can i get breakfast|10 am
The gym is on the third floor.|where is the gym|third floor
Late check-out costs 25 dollars.|how much is a late check out|25
The museum shop is run by Clara Winter.|who runs the museum shop|clara winter
The next ferry leaves at 4 pm.|when does the next ferry leave|4 pm
Our house wine is Rotwald.|what is your house wine|rotwald
Bikes can be rented for 12 euros a day.|how much does it cost to rent a bike|12
The charging cable is in the left side pocket.|where is the charging cable|left side pocket
The engine has 150 horsepower.|how many horsepower does the engine have|150
The car was built in 2019.|when was the car built|2019
Tonight's movie is Silver Harbor.|which movie is on tonight|silver harbor
The concert begins at 8 pm.|when does the concert begin|8 pm
Lost items are kept at the information desk.|where do i find lost items|information desk
Gift cards start at 20 dollars.|what is the cheapest gift card|20
The shuttle comes every 15 minutes.|how often does the shuttle come|15
The vegetarian dish is spinach lasagna.|what is the vegetarian dish|spinach lasagna
The quiet car is coach 7.|which coach is the quiet car|7
Visitors must wear a yellow badge.|what color is the visitor badge|yellow
The fireplace is lit by Mister Olsen.|who lights the fireplace|olsen
The library closes on Sundays.|on which day is the library closed|sunday
Your seat is 14 C.|what is my seat|14 c
The first aid kit is behind the back seat.|where is the first aid kit|behind the back seat
The washing machine takes 45 minutes.|how long does the washing machine take|45
The code for the gate is 7731.|what is the code for the gate|7731"""


def facts() -> list[tuple[str, str, str]]:
    """All of them: (statement, question, words of the answer)."""
    return [(a, b, c) for a, b, c in (line.split("|") for line in _FACTS.split("\n"))]


FILLER_RULES = (
    "Say something short before calling a tool.",
    "If you are about to use a tool, tell the user to wait a moment first.",
)
JSON_RULE = 'Reply with a JSON object that has the one key "answer".'
GREETING_RULE = "Start the conversation with a greeting."
