"""Names and things that requests are about. About one in twelve is kept for the evaluation, by a checksum."""

from __future__ import annotations

import zlib
from functools import cache
from random import Random

from . import more_entities as more
from .tables import words

CITIES = """London|Paris|Berlin|Madrid|Rome|Vienna|Prague|Lisbon|Dublin|Oslo|Stockholm|Helsinki|Copenhagen
Warsaw|Athens|Budapest|Amsterdam|Brussels|Zurich|Geneva|Munich|Hamburg|Cologne|Frankfurt|Stuttgart|Dresden
Leipzig|Milan|Naples|Turin|Florence|Venice|Barcelona|Valencia|Seville|Porto|Lyon|Marseille|Nice|Toulouse
Bordeaux|Edinburgh|Glasgow|Manchester|Liverpool|Leeds|Bristol|Cardiff|Belfast|Cork|New York|Los Angeles|Chicago
Houston|Phoenix|Dallas|Austin|Boston|Seattle|Denver|Portland|Atlanta|Miami|Detroit|Nashville|Memphis|Baltimore
Las Vegas|San Francisco|San Diego|San Jose|Toronto|Montreal|Vancouver|Ottawa|Calgary|Mexico City|Havana|Lima
Bogota|Santiago|Buenos Aires|Tokyo|Osaka|Kyoto|Seoul|Beijing|Shanghai|Hong Kong|Singapore|Bangkok|Hanoi|Delhi
Mumbai|Chennai|Dubai|Istanbul|Cairo|Nairobi|Lagos|Cape Town|Sydney|Melbourne|Brisbane|Perth|Auckland|Wellington
Salt Lake City|Kansas City|Oakland|Tampa|Orlando|Cleveland|Columbus|Reykjavik|Krakow|Riga|Tallinn|Vilnius|Sofia
Bucharest|Belgrade|Zagreb|Split|Salzburg|Graz|Basel|Bern|Antwerp|Rotterdam"""

NAMES = """Anna|Peter|Maria|John|Lisa|Tom|Sarah|David|Emma|James|Laura|Michael|Sophie|Daniel|Julia|Robert|Kate
Paul|Alice|Mark|Helen|Steve|Nina|George|Clara|Frank|Olivia|Henry|Rachel|Jack|Hannah|Simon|Lucy|Martin|Eva|Thomas
Grace|Oliver|Amy|Ben|Chris|Diana|Eric|Fiona|Greg|Holly|Ian|Jane|Kevin|Linda|Max|Nora|Oscar|Patricia|Quentin|Rose
Sam|Tina|Victor|Wendy|Adam|Bella|Carl|Dora|Edward|Felix|Gina|Harry|Irene|Jacob|Karen|Leo|Monica|Nathan|Paula
Ralph|Susan|Tracy|Vera|William|Yusuf|Zoe|Ahmed|Bianca|Carlos|Deepa|Elena|Fatima|Hiro|Ingrid|Jorge|Kenji|Lars|Mei
Nikolai|Priya|Rosa|Sven|Tariq|Yuki|Andrew|Barbara|Charlie|Dennis|Emily|Fred|Gloria|Heidi|Isaac|Jenny|Kyle|Louise
Matthew|Natalie|Owen|Pamela|Ryan|Sandra"""

SURNAMES = """Smith|Miller|Jones|Brown|Taylor|Wilson|Evans|Walker|Wright|Hill|Green|Baker|Carter|Young|King|Cooper
Morgan|Parker|Murphy|Fischer|Weber|Garcia|Lopez|Rossi|Novak|Berg|Patel|Khan|Chen|Tanaka|Silva|Olsen|Keller|Meyer
Stone|Woods"""

RELATIONS = """mother|father|mom|dad|brother|sister|wife|husband|boss|grandmother|grandfather|aunt|uncle|son
daughter|neighbor|doctor|dentist|office|best friend|cousin|assistant|lawyer|landlord|roommate|colleague
girlfriend|boyfriend"""

PLACES = """airport|train station|city center|hospital|nearest gas station|harbor|stadium|museum|zoo|library
beach|mall|hotel|office|university|market|park|town hall|bus station|castle|old town|supermarket|pharmacy
post office|school|cinema|theater|gym|bank|nearest charging station|car wash|botanical garden|opera house
convention center|north gate|lake|parking garage|police station|bakery on the corner|swimming pool|cathedral
golf course|ferry terminal|nearest restaurant"""

STREETS = """Main|Oak|Maple|Church|Park|Station|King|Queen|Mill|High|Elm|Cedar|Lake|Hill|River|Bridge|Garden
Market|Washington|Lincoln|Chestnut|Willow|Spring|Forest|Victoria|Baker|Harbor|Sunset|Highland|Pine|Meadow|Castle
Rose|Abbey"""

STREET_KINDS = "Street|Avenue|Road|Lane|Drive|Square|Boulevard"

GENRES = """jazz|rock|pop|classical|country|blues|techno|reggae|hip hop|folk|soul|funk|disco|metal|house|ambient
indie|punk|swing|latin|salsa|opera|piano|guitar|dance|gospel|electronic|christmas|lounge|acoustic|rap|eighties
nineties|summer|relaxing|workout|party|movie|instrumental|bluegrass|chill|heavy metal|soft rock|bossa nova
drum and bass|flamenco"""

ARTISTS = """Queen|The Beatles|Madonna|Miles Davis|Elton John|Adele|Coldplay|Mozart|Beethoven|Bach|Johnny Cash
Nina Simone|David Bowie|Pink Floyd|Fleetwood Mac|Bob Dylan|Bob Marley|Aretha Franklin|Ella Fitzgerald
Louis Armstrong|Frank Sinatra|Elvis Presley|Michael Jackson|Prince|Whitney Houston|Abba|Daft Punk|Metallica
Nirvana|Radiohead|The Rolling Stones|Chopin|Led Zeppelin|Stevie Wonder|Ray Charles|Taylor Swift|Billie Holiday
Norah Jones|Vivaldi|Dolly Parton|Amy Winehouse|Sting|Bruce Springsteen|Simon and Garfunkel|Leonard Cohen
Joni Mitchell|Tina Turner|Eric Clapton|Duke Ellington|Etta James"""

TITLES = """Yesterday|Imagine|Hey Jude|Let It Be|Hotel California|Thriller|Purple Rain|Dancing Queen|Moon River
Summertime|Bohemian Rhapsody|Take Five|Blue Moon|Billie Jean|Stand By Me|My Way|Hallelujah|Waterloo|Jolene
Respect|Satisfaction|Space Oddity|Starman|Wonderwall|Creep|Yellow|Clocks|Fields of Gold|Every Breath You Take
Here Comes the Sun|Blackbird"""

TITLE_WORDS = """blue|river|night|summer|golden|dream|fire|rain|broken|heart|silver|road|midnight|dance|ocean|lonely
star|home|shadow|winter|light|city|wild|paper|morning|crystal|stone|echo|velvet|horizon|garden|thunder|glass
mirror|sugar"""

ITEMS = """coffee|tea|burger|pizza|sandwich|salad|lemonade|cola|water|cheeseburger|milkshake|donut|bagel|muffin
cookie|croissant|espresso|cappuccino|latte|hot chocolate|orange juice|apple juice|iced tea|wrap|burrito|taco
hot dog|soup|pretzel|chicken sandwich|veggie burger|fish burger|mocha|smoothie|brownie|pancake|waffle|ice cream
sundae|chai latte|green tea|sparkling water|root beer|ginger ale|salami pizza|mushroom pizza|cheese pizza
tuna sandwich|club sandwich|caesar salad|greek salad|apple pie|cheesecake|chicken wrap|falafel wrap|black coffee
iced coffee|flat white|macchiato|cold brew"""

SKIES = "sunny|cloudy|rainy|windy|foggy|snowy|stormy|clear|partly cloudy|misty|overcast"

_SYLLABLES = """ba|be|bo|da|de|do|fa|fe|ga|go|ka|ke|ko|la|le|lo|lu|ma|me|mi|mo|na|ne|no|pa|pe|ra|re|ri|ro|sa|se|so
ta|te|to|tu|va|ve|vi|wa|za|zo|ben|dan|for|gar|hal|kel|lin|mar|nor|per|ros|sal|tan|ver|win|ston|ford|berg|ville
shaw|dale|mont"""


COMMON = """plumber|electrician|butcher|florist|barber|tailor|jeweler|notary|embassy|courthouse|chapel|monastery|palace
fortress|tower|bridge|tunnel|canal|quarry|farm|barn|stable|ranch|vineyard|brewery|winery|factory|warehouse|workshop
laundry|clinic|nursery|kindergarten|academy|college|campus|dormitory|hostel|motel|lodge|cabin|cottage|villa|mansion
plaza|square|fountain|statue|monument|gallery|studio|arena|rink|track|velodrome|marina|pier|dock|wharf|lighthouse|cave
cliff|summit|valley|meadow|forest|orchard|waterfall|spring|desert|island|lagoon|reef|volcano|glacier|teacher|nurse
pilot|captain|coach|trainer|manager|secretary|accountant|banker|broker|agent|editor|painter|sculptor|drummer|singer
dumpling|noodle|omelet|pickle|radish|carrot|pepper|pumpkin|spinach|lentil|almond|walnut|peanut|raisin|cherry|apricot
peach|melon|mango|papaya|coconut|pineapple|grape|currant|biscuit|crumble|pudding|custard|truffle|toffee|nougat|waltz
tango|polka|march|ballad|hymn|chorus|sonata|fugue|prelude|quartet|ragtime|grunge|trance|dubstep|garage|chant|lullaby"""

SYLLABLES = words(_SYLLABLES)
WILD_SHARE = 0.2


def is_held_out(entity: str) -> bool:
    """Whether an entity appears in the evaluation only."""
    return zlib.crc32(entity.lower().encode()) % 12 == 0


def is_common(phrase: str) -> bool:
    """Whether a phrase is made of common nouns, so that it takes an article."""
    return all(w in _COMMON for w in phrase.lower().split()) or phrase.lower() in _PLACES


def pick(table: str, rng: Random, *, held_out: bool = False) -> str:
    """A random entry of `table`, from its training or its evaluation part; now and then any words, to be copied."""
    if not held_out and table in _OPEN and rng.random() < WILD_SHARE:
        return " ".join(rng.choice(_TRAINING_COMMON) for _ in range(rng.choice((1, 1, 1, 2))))
    return rng.choice(_pool(table, held_out))


@cache
def _pool(table: str, held_out: bool) -> list[str]:
    found = [w for w in words(table) if is_held_out(w) == held_out]
    return found if held_out else found + [w for w in words(_MORE.get(table, "")) if not is_held_out(w)]


_OPEN = {CITIES, NAMES, RELATIONS, PLACES, GENRES, ARTISTS, TITLES, ITEMS}
_MORE = {
    CITIES: more.CITIES,
    NAMES: more.NAMES,
    PLACES: more.PLACES,
    GENRES: more.GENRES,
    ARTISTS: more.ARTISTS,
    TITLES: more.TITLES,
    ITEMS: more.ITEMS,
}
_COMMON = set(words(COMMON))
_PLACES = {place.lower() for place in words(f"{PLACES}|{more.PLACES}")}
_TRAINING_COMMON = [w for w in words(COMMON) if not is_held_out(w)]


def invented_word(rng: Random) -> str:
    """A word that nobody has seen, such as "Tamokel"."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()


def city(rng: Random, *, held_out: bool = False) -> str:
    """A city, now and then an invented one."""
    return invented_word(rng) if rng.random() < 0.15 else pick(CITIES, rng, held_out=held_out)


def person(rng: Random, *, held_out: bool = False) -> str:
    """A first name, a full name, or an invented one."""
    name = invented_word(rng) if rng.random() < 0.15 else pick(NAMES, rng, held_out=held_out)
    return f"{name} {pick(SURNAMES, rng, held_out=held_out)}" if rng.random() < 0.3 else name


def street(rng: Random, *, held_out: bool = False) -> str:
    """A street, with a house number at times."""
    name = f"{pick(STREETS, rng, held_out=held_out)} {rng.choice(STREET_KINDS.split('|'))}"
    return f"{rng.randint(1, 99)} {name}" if rng.random() < 0.3 else name


def title(rng: Random, *, held_out: bool = False) -> str:
    """A song, mostly one that nobody has written."""
    if rng.random() < 0.3:
        return pick(TITLES, rng, held_out=held_out)
    count = rng.choice((1, 2, 2, 3))
    table = TITLE_WORDS if held_out or count == 1 else f"{TITLE_WORDS}|{more.TITLE_WORDS}"
    return " ".join(w.capitalize() for w in rng.sample(words(table), count))


def plural(item: str) -> str:
    """English plural of a regular noun phrase."""
    if item.endswith(("ch", "sh", "s", "x")):
        return item + "es"
    if item.endswith("y") and item[-2] not in "aeiou":
        return item[:-1] + "ies"
    return item + "s"
