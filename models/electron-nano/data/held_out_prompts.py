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
The code for the gate is 7731.|what is the code for the gate|7731
The laundry room is in the basement.|where can i wash my clothes|basement
A spare key costs 30 euros.|what do i pay for a spare key|30
The sailing course is taught by Nora Lind.|who teaches the sailing course|nora lind
The spare tire is under the trunk floor.|where do i find the spare tire|trunk floor
The tower was finished in 1887.|in which year was the tower finished|1887
The choir sings at 6 pm.|what time does the choir sing|6 pm
Umbrellas can be borrowed at the coat check.|where can i borrow an umbrella|coat check
A family ticket costs 44 dollars.|what does a family ticket cost|44
The bus to the beach stops at gate 3.|from which gate does the beach bus go|3
The dessert of the week is cherry strudel.|what is this week's dessert|cherry strudel
The playground is behind the bakery.|where is the playground|behind the bakery
Dogs have to stay on a red leash.|what color is the leash for dogs|red
The garden is looked after by Mister Bauer.|who looks after the garden|bauer
The pool is closed on Mondays.|which day is the pool closed|monday
The fire exit is next to the elevator.|where is the fire exit|elevator
A parcel takes 3 days.|how many days does a parcel take|3
The pin for the printer is 4406.|which pin does the printer want|4406
The lost and found opens at 8 am.|when does the lost and found open|8 am
Our best selling cheese is Bergkranz.|what is your best selling cheese|bergkranz
The conference room is called Lighthouse.|what is the conference room called|lighthouse
The night guard is Samuel Ortega.|who is the night guard|samuel ortega
The speed limiter is set to 120.|what is the speed limiter set to|120
The battery has a range of 310 miles.|how far does the battery go|310
The windshield fluid is in the blue bottle.|which bottle has the windshield fluid|blue
Yoga begins at 7 am.|when is yoga|7 am
The guided walk lasts 90 minutes.|how long is the guided walk|90
The telescope is on the roof terrace.|where can i see the telescope|roof terrace
The ski pass costs 51 francs.|how much do i pay for a ski pass|51"""


def facts() -> list[tuple[str, str, str]]:
    """All of them: (statement, question, words of the answer)."""
    return [(a, b, c) for a, b, c in (line.split("|") for line in _FACTS.split("\n"))]


FILLER_RULES = (
    "Say something short before calling a tool.",
    "If you are about to use a tool, tell the user to wait a moment first.",
)
JSON_RULE = 'Reply with a JSON object that has the one key "answer".'
GREETING_RULE = "Start the conversation with a greeting."
