"""Further names and things for training alone: the evaluation draws from `entities.py` only."""

from __future__ import annotations

CITIES = """Aberdeen|Accra|Adelaide|Albuquerque|Ankara|Antwerp|Asheville|Bakersfield|Bangalore|Basel|Belgrade|Bergen
Bilbao|Birmingham|Bordeaux|Boulder|Bratislava|Bremen|Brighton|Bruges|Calgary|Cape Town|Casablanca|Charlotte|Chattanooga
Cincinnati|Cork|Dallas|Des Moines|Detroit|Dijon|Dresden|Durban|El Paso|Fort Worth|Fresno|Galway|Gdansk|Genoa|Ghent
Glasgow|Graz|Grand Rapids|Halifax|Hanoi|Havana|Honolulu|Houston|Innsbruck|Jakarta|Kansas City|Key West|Kiev|Krakow
Lagos|Las Vegas|Leeds|Leipzig|Lima|Little Rock|Long Beach|Los Alamos|Louisville|Lucerne|Lyon|Malmo|Manila|Marseille
Memphis|Minneapolis|Mumbai|Naples|New Haven|New Orleans|Nottingham|Omaha|Osaka|Palm Springs|Perth|Pittsburgh|Porto
Quebec|Rapid City|Reykjavik|Rio|Rochester|Sacramento|Saint Louis|Salt Lake City|San Antonio|Santa Fe|Sarajevo|Seville
Sheffield|Stuttgart|Tallinn|Tampa|Tucson|Tulsa|Turin|Uppsala|Utrecht|Valencia|Verona|Wellington|Wichita|Winnipeg|York"""

NAMES = """Abigail|Agnes|Alan|Albert|Alejandro|Amelia|Angela|Arthur|Audrey|Beatrice|Bernard|Bill|Bob|Brenda|Brian|Bruno
Caroline|Cecilia|Chloe|Colin|Connor|Cynthia|Dale|Debbie|Derek|Dominic|Donna|Doris|Doug|Dylan|Edith|Elliot|Elsa|Esther
Ethan|Eugene|Evelyn|Faye|Florence|Gabriel|Gail|Gavin|Gerald|Giovanni|Gordon|Gus|Harold|Hector|Hugo|Ida|Ivan|Ivy|Jake
Janet|Jasmine|Jeff|Jessica|Jim|Joan|Joe|Jordan|Josh|Judy|June|Keith|Ken|Kim|Lawrence|Leah|Liam|Lily|Logan|Lorenzo
Mabel|Marcus|Margaret|Marie|Marvin|Mary|Megan|Mike|Molly|Nick|Noah|Norman|Pablo|Pat|Pete|Phil|Ray|Rebecca|Rick|Roger
Ron|Ruth|Sally|Sean|Sheila|Stella|Stuart|Sue|Sylvia|Ted|Teresa|Tim|Tony|Valerie|Violet|Walter|Will|Xavier"""

PLACES = """old mill|lighthouse|main square|north pier|train depot|bus terminal|community center|ice rink|skate park
farmers market|flea market|rest stop|next rest area|nearest parking lot|nearest bathroom|nearest hospital|nearest cafe
emergency room|county fair|fire station|courthouse|embassy|waterfall|campground|trailhead|ski lift|marina|boat ramp
hardware store|shoe store|coffee shop|ice cream parlor|drive in|steak house|sushi bar|pizza place|bakery|dry cleaner
daycare|kindergarten|dentist|vet|cemetery|chapel|south entrance|border crossing|toll plaza|truck stop|airfield
racetrack"""
GENRES = """bebop|big band|western swing|ska|dub|trip hop|new wave|hard rock|glam rock|progressive rock|grunge
garage rock|surf rock|motown|doo wop|boogie woogie|ragtime|chamber|baroque|choir|harpsichord|cello|violin|saxophone|harp
celtic|afrobeat|highlife|fado|tango|cumbia|mariachi|klezmer|bhangra|sea shanty|lullaby|children's|holiday|road trip
dinner|study|sleep|meditation|running|happy|sad|romantic|sixties|seventies|lo fi|trance|dubstep|video game|film"""

ARTISTS = """The Who|The Doors|The Kinks|The Clash|The Cure|The Police|The Supremes|The Temptations|The Beach Boys
The Byrds|The Eagles|The Pretenders|The Smiths|The Strokes|The White Stripes|The Velvet Underground|The Black Keys
The Bee Gees|The Carpenters|The Everly Brothers|The Grateful Dead|The Killers|The Monkees|The Pogues|The Shins
The National|The Weeknd|The Chemical Brothers|The Mamas and the Papas|The Moody Blues|The Allman Brothers|Blondie
Genesis|Santana|Journey|Heart|Toto|Boston|Kansas|Chicago|America|Europe|Cream|Rush|Yes|Pulp|Blur|Oasis|Muse|Beck|Bjork
Cher|Enya|Sade|Seal|Moby|Dido|Drake|Rihanna|Beyonce|Lady Gaga|Bruno Mars|Ed Sheeran|John Denver|Willie Nelson
Patsy Cline|Hank Williams|Loretta Lynn|Garth Brooks|Chuck Berry|Buddy Holly|Little Richard|Fats Domino|Otis Redding
Marvin Gaye|James Brown|Sam Cooke|Al Green|Bill Withers|Barry White|Donna Summer|Diana Ross|Carole King|Neil Young
James Taylor|Cat Stevens|Van Morrison|Tom Waits|Kate Bush|Peter Gabriel|Phil Collins|George Michael|Annie Lennox
John Coltrane|Charlie Parker|Dizzy Gillespie|Thelonious Monk|Chet Baker|Dave Brubeck|Count Basie|Cole Porter|Schubert
Brahms|Handel|Haydn|Mahler|Debussy|Ravel|Satie|Tchaikovsky|Rachmaninoff|Yo Yo Ma|Kings of Leon|Arcade Fire"""

TITLES = """The Sound of Silence|The Wind Cries Mary|The Boxer|The Weight|The Gambler|The Joker|The Final Countdown
The Passenger|The Logical Song|The Look of Love|A Day in the Life|A Change Is Gonna Come|A Whiter Shade of Pale
The Long and Winding Road|House of the Rising Sun|Smoke on the Water|Stairway to Heaven|Bridge over Troubled Water
Sitting on the Dock of the Bay|Under the Boardwalk|Walk on the Wild Side|Born to Run|Ring of Fire|Walk the Line
Brown Eyed Girl|My Girl|Sweet Caroline|Crazy|Georgia on My Mind|Over the Rainbow|What a Wonderful World|Fever
Fly Me to the Moon|Autumn Leaves|Misty|Autumn in New York|Good Vibrations|Paint It Black|Ruby Tuesday|Angie|Layla
Wild Horses|Light My Fire|Riders on the Storm|Roxanne|Message in a Bottle|Africa|Take On Me|Sweet Dreams
Eye of the Tiger|Livin on a Prayer|I Will Survive|Stayin Alive|Superstition|Isn't She Lovely|Lean on Me
Ain't No Sunshine|At Last|Rocket Man|Tiny Dancer|Your Song|Piano Man|Fast Car|Landslide|Dreams|Go Your Own Way
Losing My Religion|Zombie|Linger|Bitter Sweet Symphony|Viva la Vida|Fix You|Rolling in the Deep|Happy|Royals
Take Me Home Country Roads|Old Town Road"""
ITEMS = """lasagna|risotto|ramen|pho|pad thai|curry|fried rice|spring rolls|nachos|quesadilla|enchiladas|fajitas|tamales
french fries|onion rings|chicken nuggets|mozzarella sticks|garlic bread|fish and chips|clam chowder|gumbo|jambalaya
blt|reuben|grilled cheese|egg sandwich|breakfast burrito|oatmeal|granola|yogurt|fruit cup|banana bread|cinnamon roll
danish|scone|eclair|tiramisu|gelato|sorbet|milk|chocolate milk|almond milk|apple cider|cranberry juice|tomato juice
grapefruit juice|pink lemonade|cream soda|tonic water|ginger tea|mint tea|earl grey|oolong|americano|cortado
vanilla latte|pumpkin spice latte|caramel frappe|house red|draft beer|cherry cola|diet cola|kids meal|side salad"""

TITLE_WORDS = """the|of|in|my|your|a|all|love|moon|sun|sea|sky|angel|train|highway|whiskey|honey|diamond|shine|blues
baby|town|away|down|again|tonight|forever|soul|wind|snow|flame|tears|time|world|heaven|rainbow|bird|rose|girl|boy
song|walking|running|falling|waiting|dancing|burning|last|first|little|long|lost|sweet|red|black|white|green"""
