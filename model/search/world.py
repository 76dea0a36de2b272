"""A made-up world to search in: people, towns, companies, ships, mountains and events, what is true of them, and how one
says and asks it.

Every relation has its statements and its questions, of which the last of four or more is kept out of the training; `{e}` stands for the entity, `{v}` for the value (`{a}`: its
article), `{y}` for a year, `{t}` for a town. A statement never needs another one to be understood.
"""

import hashlib
import random

FIRST = """Ada Amir Anna Anton Astrid Bela Bruno Carla Cecil Chidi Clara Dana Daniel Daria Diego Edith Elena Emil Erik Esther
Farah Felix Fiona Frida George Greta Hana Hector Helga Henry Ida Igor Ines Ingrid Irma Ivan Jamal Jana Jonas Jorge Julia Kai
Karin Kenji Klara Lars Laura Leon Lidia Linus Lucia Malik Marco Maria Martin Mei Mila Nadia Nils Nina Noah Nora Olga Omar
Oscar Otto Paula Pedro Petra Pierre Rafael Rita Robert Rosa Ruth Samira Sara Sofia Stefan Sven Tara Theo Tomas Ulla Vera
Victor Wanda Yara Yusuf Zoe""".split()
LAST = """Abbott Adeyemi Almeida Anders Arslan Baker Bauer Becker Bell Berg Bianchi Blake Brandt Brook Calder Carver Castro Chen
Cole Conti Cruz Dahl Delgado Dietz Dubois Duran Ebert Eklund Ellis Falk Farrow Ferrari Fischer Fleming Fontana Foster Frost
Garcia Gibson Grant Greco Haas Haddad Hale Hansen Hartmann Hayes Heller Hobbs Holm Horvat Hughes Ibarra Ivanov Jansen Jensen
Kamara Kaya Keller Kim Klein Koch Kovac Kramer Lang Larsen Lehmann Lewis Lindholm Lopez Lund Mason Mayer Meyer Miller Molina
Moreno Moser Murray Nagy Nakamura Neumann Novak Okafor Olsen Ortega Osman Palmer Park Patel Pereira Petrov Popov Porter Quinn
Ramos Reed Richter Rivera Romano Rossi Russo Sanchez Sato Schmidt Schwarz Silva Simon Singh Sokolov Stein Stone Suzuki Takeda
Tanaka Taylor Torres Turner Vargas Vega Vogel Wagner Walsh Watt Weber Weiss Winter Wood Yamada Young Zeller Ziegler""".split()
TOWN_HEAD = """Alder Amber Ash Beck Birch Black Bram Bren Bright Brook Cal Carn Cedar Clay Cold Corn Crow Dal Deer Dun East Elder
Elm Fair Fal Fern Fox Glen Gold Gran Green Grey Hal Har Hart Hazel Heath Hollow Hol Iron Kel Kings Lang Lark Lin Long Mar
Marsh Mel Mill Moor Nor North Oak Old Orr Otter Pen Pine Quarn Raven Red Rock Rose Rush Salt Sand Shel Silver Sten Still
Stone Sun Swan Tal Thorn Tor Ul Vale Wal Wes West Whit Wil Winter Wolf""".split()
TOWN_TAIL = """bach berg borough bourne bridge brook burg bury by cester cliff combe dale den field fold ford gate ham haven
heim hill holm hurst land ley mere mond mouth ness pool port rock shaw side stead stow thorpe ton vale ville wald wall well
wich wick wood worth""".split()
SHIP_ADJECTIVE = "Blue Brave Calm Crimson Distant Eager Early Gentle Golden Green Grey Happy Lonely Lucky Morning Northern Pale Proud Quiet Rapid Royal Scarlet Shining Silver Southern Steady Stormy Swift White Wild".split()
SHIP_NOUN = "Albatross Anchor Arrow Comet Dolphin Dragon Falcon Gull Heron Horizon Lantern Lily Meteor Otter Pearl Pelican Petrel Pilgrim Rose Salmon Seal Spirit Star Swallow Thistle Trader Tulip Venture Walrus Wanderer".split()
FIRM_TAIL = ["Works", "and Sons", "Brothers", "Industries", "Trading", "Mills", "Tools", "Foods", "Motors", "Glass", "Textiles", "Press"]
SYLLABLES = "ba be bo da de do fa fi ga go ha jo ka ke ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se si so ta te ti to va ve vi vo wa wi ya yo za zi zo".split()
ENDINGS = ["", "n", "r", "s", "l", "k", "m", "t", "nd", "rk", "x"]

JOBS = """baker barber blacksmith bookbinder bricklayer butcher carpenter chemist clockmaker cook dentist diver doctor dressmaker
electrician engineer farmer firefighter fisherman gardener glassblower hairdresser interpreter jeweller journalist judge
lawyer librarian locksmith mathematician midwife miner musician nurse painter pharmacist photographer pilot plumber potter
printer sailor sculptor shepherd shoemaker surgeon surveyor tailor teacher translator watchmaker weaver welder""".split()
INSTRUMENTS = "accordion banjo bassoon cello clarinet drums fiddle flute guitar harp horn lute mandolin oboe organ piano recorder saxophone trombone trumpet tuba viola violin zither".split()
ANIMALS = "canary cat cockatoo dog donkey ferret goat goldfish goose hamster hedgehog horse lizard mouse parrot pigeon pony rabbit snake spider tortoise turtle".split()
FOODS = "apple pie|baked beans|barley soup|beef stew|black bread|cabbage rolls|cheese toast|cherry cake|chicken curry|dumplings|fish pie|fried rice|goulash|lamb chops|lentil soup|mushroom omelette|noodles|onion soup|pancakes|pea soup|pizza|plum cake|potato salad|pumpkin pie|rice pudding|roast duck|sausages|spinach lasagne|stuffed peppers|tomato soup|trout|waffles".split("|")
LANGUAGES = "Arabic Basque Bengali Breton Catalan Czech Danish Dutch Estonian Finnish Georgian Greek Hebrew Hindi Hungarian Icelandic Irish Japanese Korean Latvian Maltese Mongolian Norwegian Persian Polish Portuguese Romanian Swahili Swedish Tamil Thai Turkish Ukrainian Urdu Vietnamese Welsh Zulu".split()
SPORTS = "archery badminton basketball boxing chess climbing cricket curling cycling fencing football golf gymnastics handball hockey judo karate polo rowing rugby running sailing skating skiing squash swimming tennis volleyball wrestling".split()
COLLECTIONS = "butterflies|buttons|clocks|coins|comics|dolls|fossils|keys|maps|marbles|masks|medals|model trains|old cameras|old radios|postcards|puppets|records|seashells|spoons|stamps|teapots|toy soldiers|typewriters|umbrellas|walking sticks".split("|")
FEARS = "bees|cats|caves|clowns|crowds|deep water|dogs|elevators|fire|flying|heights|horses|lightning|mice|moths|needles|snakes|spiders|the dark|thunder|tunnels|wasps".split("|")
SUBJECTS = "archaeology astronomy biology botany chemistry economics geography geology history law linguistics literature mathematics medicine music philosophy physics psychology theology zoology".split()
COUNTRIES = "Albania Argentina Austria Belgium Bolivia Brazil Bulgaria Canada Chile Colombia Croatia Cuba Denmark Ecuador Egypt Estonia Ethiopia Finland France Germany Ghana Greece Hungary Iceland India Ireland Italy Japan Kenya Latvia Lithuania Malta Mexico Morocco Nepal Norway Peru Poland Portugal Romania Scotland Serbia Slovakia Slovenia Spain Sweden Switzerland Tunisia Turkey Uganda Vietnam Wales".split()
PRODUCTS = "barrels|bells|bicycles|boots|bricks|candles|carpets|cement|chairs|cheese|chocolate|clocks|cutlery|furniture|gloves|glue|hats|honey|jam|kites|knives|ladders|lamps|lenses|mirrors|mustard|nails|paint|paper|pencils|perfume|pianos|pipes|porcelain|pottery|pumps|ropes|saddles|salt|scissors|shoes|silk|soap|sweets|tea|tiles|toys|tyres|umbrellas|varnish|violins|wine|wool".split("|")
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
COLOURS = "black blue brown crimson gold green grey orange pink purple red silver turquoise violet white yellow".split()
CAUSES = "a blocked drain|a broken dam|a broken pipe|a careless smoker|a fallen tree|a faulty cable|a forgotten candle|a gas leak|a lightning strike|a loose wheel|a melting glacier|a spark from a train|an overheated stove|days of heavy rain|strong winds|the high tide|wet leaves".split("|")
CARGO = "bananas|bricks|cars|cattle|coal|coffee|copper|cotton|fish|grain|horses|iron ore|lemons|machines|oil|oranges|rice|salt|silk|spices|steel|sugar|tea|timber|tobacco|wine|wool".split("|")
WEATHER = "bitterly cold|cloudy|dry and dusty|foggy|frosty|hot|mild|misty|rainy|snowy|stormy|sunny|warm|windy".split("|")
CROPS = "apples|apricots|barley|cherries|chestnuts|figs|flax|grapes|hops|lavender|lentils|maize|melons|oats|olives|onions|peaches|pears|plums|potatoes|pumpkins|rye|saffron|strawberries|tomatoes|walnuts|wheat".split("|")
BUILDINGS = "aquarium castle cathedral clock tower|covered market|lighthouse|observatory|old mill|opera house|planetarium|railway station|stone bridge|swimming pool|synagogue|theatre|town hall|university|water tower|windmill|zoo".replace("aquarium castle cathedral clock tower", "aquarium|castle|cathedral|clock tower").split("|")


def pick(values):
    return lambda r: r.choice(values)


def number(low, high, step=1):
    return lambda r: f"{r.randrange(low, high, step):,}"


# What is true of an entity: name → (statements, questions, value).
PERSON = {
    "birth": (
        ["{e} was born in {v} in {y}.", "{e} came into the world in {v}, in the year {y}.", "The birthplace of {e} is {v}; the year was {y}.", "In {y} {e} was born in the town of {v}.", "{v} is the place where {e} was born, back in {y}."],
        ["Where was {e} born?", "What is the birthplace of {e}?", "In which town did {e} come into the world?", "When was {e} born?", "What is the year of birth of {e}?", "Where did the life of {e} begin?"],
        "town",
    ),
    "job": (
        ["{e} works as {a} {v}.", "{e} earns a living as {a} {v}.", "By trade {e} is {a} {v}.", "For many years {e} has been {a} {v}.", "The profession of {e} is that of {a} {v}."],
        ["What does {e} do for a living?", "What is the job of {e}?", "What is {e}'s profession?", "Which trade does {e} follow?", "As what does {e} work?", "How does {e} earn money?"],
        pick(JOBS),
    ),
    "instrument": (
        ["{e} plays the {v}.", "On evenings {e} can be heard playing the {v}.", "{e} learned to play the {v} as a child.", "The {v} is the instrument of {e}.", "In the local band {e} is on the {v}."],
        ["Which instrument does {e} play?", "What does {e} play in a band?", "What musical instrument did {e} learn?", "On what does {e} make music?"],
        pick(INSTRUMENTS),
    ),
    "pet": (
        ["{e} has a pet {v}.", "{e} keeps a {v} at home.", "A {v} lives in the house of {e}.", "{e} shares the flat with a {v}.", "The pet of {e} is a {v}."],
        ["What pet does {e} have?", "Which animal does {e} keep?", "What kind of animal lives with {e}?", "Does {e} own a pet, and which?"],
        pick(ANIMALS),
    ),
    "food": (
        ["{e} likes {v} more than any other dish.", "The favourite dish of {e} is {v}.", "Nothing tastes as good to {e} as {v}.", "{e} could eat {v} every day.", "For dinner {e} always asks for {v}."],
        ["What is the favourite food of {e}?", "What does {e} like to eat?", "Which dish does {e} love most?", "What should one cook for {e}?", "Which meal does {e} prefer?"],
        pick(FOODS),
    ),
    "spouse": (
        ["{e} is married to {v}.", "{e} and {v} are husband and wife.", "In {y} {e} married {v}.", "The wedding of {e} and {v} took place in {y}."],
        ["Who is {e} married to?", "Whom did {e} marry?", "Who is the spouse of {e}?", "What is the name of the husband or wife of {e}?"],
        "person",
    ),
    "study": (
        ["{e} studied {v} in {t}.", "At the university of {t} {e} took a degree in {v}.", "{e} holds a degree in {v} from {t}.", "As a student {e} read {v} in {t}."],
        ["What did {e} study?", "In which subject does {e} have a degree?", "What was the field of study of {e}?", "Where did {e} go to university?"],
        pick(SUBJECTS),
    ),
    "language": (
        ["{e} speaks {v} fluently.", "{e} grew up speaking {v}.", "The mother tongue of {e} is {v}.", "At home {e} talks in {v}."],
        ["Which language does {e} speak?", "What is the mother tongue of {e}?", "In what language does {e} talk at home?", "Which tongue did {e} grow up with?"],
        pick(LANGUAGES),
    ),
    "sport": (
        ["{e} is a champion in {v}.", "{e} won a medal in {v}.", "Every weekend {e} trains for {v}.", "{e} has done {v} since school.", "The sport of {e} is {v}."],
        ["Which sport does {e} do?", "What does {e} train for?", "In which sport did {e} win?", "What is the sport of {e}?"],
        pick(SPORTS),
    ),
    "collection": (
        ["{e} collects {v}.", "{e} owns a large collection of {v}.", "The shelves of {e} are full of {v}.", "For decades {e} has been gathering {v}."],
        ["What does {e} collect?", "What is in the collection of {e}?", "What has {e} been gathering for years?", "What can be seen on the shelves of {e}?"],
        pick(COLLECTIONS),
    ),
    "fear": (
        ["{e} is afraid of {v}.", "Nothing frightens {e} as much as {v}.", "{e} has feared {v} since childhood.", "The great fear of {e} is {v}."],
        ["What is {e} afraid of?", "What frightens {e}?", "Of what is {e} scared?", "What does {e} fear most?"],
        pick(FEARS),
    ),
    "home": (
        ["{e} lives in {v}.", "Today {e} has a flat in {v}.", "{e} moved to {v} in {y}.", "The home of {e} is in {v} now.", "{e} has been living in {v} since {y}."],
        ["Where does {e} live?", "In which town is the home of {e}?", "What town did {e} move to?", "Where can one find the house of {e}?", "Where does {e} have a flat?"],
        "town",
    ),
    "car": (
        ["{e} drives {a} {v} car.", "The car of {e} is {v}.", "{e} painted the car {v}.", "The {v} car at the door belongs to {e}."],
        ["What colour is the car of {e}?", "Which car does {e} drive?", "What does the car of {e} look like?"],
        pick(COLOURS),
    ),
    "invention": (
        ["{e} invented a machine that makes {v}.", "In {y} {e} built a machine to make {v}.", "A machine for making {v} was invented by {e} in {y}."],
        ["What did {e} invent?", "What kind of machine did {e} build?", "Which invention do we owe to {e}?"],
        pick(PRODUCTS),
    ),
}
TOWN = {
    "country": (
        ["{e} lies in {v}.", "{e} is a small town in {v}.", "The town of {e} belongs to {v}.", "{e} can be found on the map of {v}."],
        ["In which country is {e}?", "Where is {e} located?", "Which country does the town of {e} belong to?", "On the map of which country is {e}?"],
        pick(COUNTRIES),
    ),
    "people": (
        ["{e} has {v} inhabitants.", "The population of {e} is {v}.", "{v} people live in {e}.", "At the last count {e} was home to {v} people."],
        ["How many people live in {e}?", "What is the population of {e}?", "How large is {e}?", "What number of inhabitants does {e} have?"],
        number(1200, 98000, 100),
    ),
    "founded": (
        ["{e} was founded in {y}.", "The town of {e} dates from {y}.", "Settlers built the first houses of {e} in {y}.", "The founding year of {e} is {y}."],
        ["When was {e} founded?", "How old is the town of {e}?", "In which year were the first houses of {e} built?", "What is the founding year of {e}?"],
        None,
    ),
    "mayor": (
        ["The mayor of {e} is {v}.", "{v} is the mayor of {e}.", "{v} was elected mayor of {e}.", "{e} is governed by its mayor, {v}."],
        ["Who is the mayor of {e}?", "Who governs {e}?", "Who was elected mayor in {e}?", "Who runs the town of {e}?"],
        "person",
    ),
    "river": (
        ["{e} stands on the river {v}.", "The river {v} flows through {e}.", "The river that crosses {e} is called {v}.", "{e} was built on the banks of the {v}."],
        ["Which river flows through {e}?", "On what river is {e}?", "What is the river in {e} called?", "Which water crosses the town of {e}?"],
        "river",
    ),
    "craft": (
        ["{e} is known for its {v}.", "The workshops of {e} make {v}.", "Shops all over the world sell {v} from {e}.", "The people of {e} are proud of their {v}."],
        ["What is {e} known for?", "What is made in {e}?", "Which goods come from {e}?", "What are the people of {e} proud of?"],
        pick(PRODUCTS),
    ),
    "market": (
        ["Market day in {e} is {v}.", "Every {v} there is a market in {e}.", "The market of {e} is held on {v}."],
        ["When is the market in {e}?", "On which day is the market of {e} held?", "Which day is market day in {e}?"],
        pick(DAYS),
    ),
    "crop": (
        ["Farmers around {e} grow {v}.", "The fields near {e} are planted with {v}.", "In the country around {e} they grow {v}.", "The harvest of {e} is mostly {v}."],
        ["What do farmers grow around {e}?", "What is planted in the fields near {e}?", "What is the harvest of {e}?", "Which crop comes from {e}?"],
        pick(CROPS),
    ),
    "twin": (
        ["{e} is twinned with {v}.", "The twin town of {e} is {v}.", "{e} and {v} have been partner towns since {y}."],
        ["Which town is {e} twinned with?", "What is the twin town of {e}?", "What is the partner town of {e}?"],
        "town",
    ),
    "building": (
        ["The {v} of {e} was built in {y}.", "In {y} {e} got its {v}.", "{e} built a {v} in {y}.", "The {v} in {e} has been standing since {y}."],
        ["When was the {v} of {e} built?", "How old is the {v} in {e}?", "In which year did {e} get its {v}?", "Since when has {e} had a {v}?"],
        pick(BUILDINGS),
    ),
}
FIRM = {
    "founder": (
        ["{e} was founded by {v}.", "{v} started {e} in a garage.", "The founder of {e} is {v}.", "It was {v} who set up {e}."],
        ["Who founded {e}?", "Who is the founder of {e}?", "Who started the company {e}?", "By whom was {e} set up?"],
        "person",
    ),
    "since": (
        ["{e} has been in business since {y}.", "{e} was set up in the year {y}.", "{e} opened its doors in {y}."],
        ["Since when has {e} been in business?", "In which year did {e} open?", "How old is the company {e}?"],
        None,
    ),
    "goods": (
        ["{e} makes {v}.", "{e} is a maker of {v}.", "The factory of {e} turns out {v}.", "{e} lives on selling its {v}."],
        ["What does {e} make?", "Which goods does {e} produce?", "What comes out of the factory of {e}?", "What is the product of {e}?"],
        pick(PRODUCTS),
    ),
    "seat": (
        ["{e} has its headquarters in {v}.", "The head office of {e} is in {v}.", "{e} is based in {v}.", "{e} is a company from {v}."],
        ["Where is {e} based?", "Where are the headquarters of {e}?", "In which town is the head office of {e}?", "Where does the company {e} come from?"],
        "town",
    ),
    "staff": (
        ["{e} employs {v} people.", "{v} people work for {e}.", "The staff of {e} numbers {v}."],
        ["How many people work for {e}?", "How many employees does {e} have?", "How large is the staff of {e}?"],
        number(20, 9000, 10),
    ),
    "boss": (
        ["{e} is led by {v}.", "The director of {e} is {v}.", "{v} took over the management of {e} in {y}.", "{v} is in charge of {e}."],
        ["Who leads {e}?", "Who is the director of {e}?", "Who manages the company {e}?", "Who is in charge of {e}?"],
        "person",
    ),
    "logo": (
        ["The logo of {e} shows a {v}.", "{e} has a {v} in its logo.", "A {v} is the emblem of {e}."],
        ["What is in the logo of {e}?", "Which animal does the logo of {e} show?", "What is the emblem of {e}?"],
        pick(ANIMALS),
    ),
    "price": (
        ["{e} was sold for {v} dollars.", "The buyer paid {v} dollars for {e}.", "The price of {e} was {v} dollars."],
        ["How much did {e} cost?", "For how much was {e} sold?", "What was paid for the company {e}?"],
        number(10000, 990000, 1000),
    ),
}
SHIP = {
    "cargo": (
        ["{e} carried {v}.", "{e} was loaded with {v}.", "The cargo of {e} was {v}.", "The hold of {e} was full of {v}."],
        ["What did {e} carry?", "What was the cargo of {e}?", "What was in the hold of {e}?", "With what was {e} loaded?"],
        pick(CARGO),
    ),
    "captain": (
        ["The captain of {e} was {v}.", "{e} sailed under captain {v}.", "{v} was the captain of {e}.", "{v} commanded {e}."],
        ["Who was the captain of {e}?", "Who commanded {e}?", "Under whom did {e} sail?"],
        "person",
    ),
    "launch": (
        ["{e} was launched in {y}.", "The shipyard finished {e} in {y}.", "{e} first went to sea in {y}."],
        ["When was {e} launched?", "In which year was {e} finished?", "When did {e} first go to sea?"],
        None,
    ),
    "sinking": (
        ["{e} sank off {v}.", "The wreck of {e} lies near {v}.", "{e} went down in a storm near {v}."],
        ["Where did {e} sink?", "Where is the wreck of {e}?", "Near which town did {e} go down?"],
        "town",
    ),
    "length": (
        ["{e} is {v} metres long.", "{e} measures {v} metres from bow to stern.", "The length of {e} is {v} metres."],
        ["How long is {e}?", "What is the length of {e}?", "How many metres does {e} measure?"],
        number(12, 240),
    ),
    "crew": (
        ["{e} had a crew of {v}.", "{v} sailors served on {e}.", "The crew of {e} was {v} strong."],
        ["How many sailors served on {e}?", "How large was the crew of {e}?", "How many hands did {e} have on board?"],
        number(5, 400),
    ),
    "paint": (
        ["The hull of {e} is painted {v}.", "{e} has {a} {v} hull.", "{e} can be told by its {v} hull."],
        ["What colour is the hull of {e}?", "How is {e} painted?", "What colour was chosen for {e}?"],
        pick(COLOURS),
    ),
}
EVENT = {
    "cause": (
        ["{e} was caused by {v}.", "The cause of {e} was {v}.", "{v} led to {e}.", "It was {v} that started {e}."],
        ["What caused {e}?", "What was the cause of {e}?", "What led to {e}?", "How did {e} start?"],
        pick(CAUSES),
    ),
    "damage": (
        ["{e} cost {v} dollars.", "The damage of {e} came to {v} dollars.", "The bill for {e} was {v} dollars."],
        ["How much did {e} cost?", "What was the bill for {e}?", "How many dollars were lost in {e}?"],
        number(1000, 990000, 1000),
    ),
    "houses": (
        ["{e} destroyed {v} houses.", "{v} houses were lost in {e}.", "After {e} {v} houses had to be built again."],
        ["How many houses did {e} destroy?", "How many houses were lost in {e}?", "What number of houses fell to {e}?"],
        number(3, 900),
    ),
    "hero": (
        ["{v} saved two children in {e}.", "The hero of {e} was {v}.", "{v} got a medal for courage in {e}."],
        ["Who was the hero of {e}?", "Who saved children in {e}?", "Who got a medal for courage in {e}?"],
        "person",
    ),
    "month": (
        ["{e} happened in {v}.", "It was {v} when {e} broke out.", "{e} began on a night in {v}."],
        ["In which month did {e} happen?", "What month was it when {e} broke out?", "At what time of the year was {e}?"],
        pick(MONTHS),
    ),
}
FAIR = {
    "visitors": (
        ["{v} visitors came to {e}.", "{e} drew {v} people.", "{e} sold {v} tickets."],
        ["How many visitors came to {e}?", "How many people went to {e}?", "What number of tickets did {e} sell?"],
        number(300, 60000, 100),
    ),
    "speaker": (
        ["{e} was opened by {v}.", "{v} gave the opening speech at {e}.", "The first speech of {e} was given by {v}."],
        ["Who opened {e}?", "Who gave the opening speech at {e}?", "Who spoke first at {e}?"],
        "person",
    ),
    "winner": (
        ["First prize at {e} went to {v}.", "{v} won {e}.", "The winner of {e} was {v}."],
        ["Who won {e}?", "Who got first prize at {e}?", "What is the name of the winner of {e}?"],
        "person",
    ),
    "weather": (
        ["It was {v} on the day of {e}.", "The weather at {e} was {v}.", "{e} took place on a {v} day."],
        ["What was the weather like at {e}?", "How was the weather on the day of {e}?", "Was it warm or cold at {e}?"],
        pick(WEATHER),
    ),
    "meal": (
        ["The guests of {e} were served {v}.", "Everybody got {v} at {e}.", "The menu of {e} offered {v}."],
        ["What was served at {e}?", "What did people eat at {e}?", "What was on the menu of {e}?"],
        pick(FOODS),
    ),
}
RELATIONS = {"person": PERSON, "town": TOWN, "firm": FIRM, "ship": SHIP, "event": EVENT, "fair": FAIR}
EVENT_KINDS = ["flood", "fire", "storm", "train accident", "landslide", "power cut"]
FAIR_KINDS = ["jazz festival", "book fair", "flower show", "film festival", "chess tournament", "bicycle race", "science fair", "wine festival"]


def is_test_name(name):
    """A fifth of all names is for the test set only, decided by the name itself."""
    return hashlib.sha256(name.encode()).digest()[0] < 51


class Names:
    """Draws names that belong to the test set, or such that don't."""

    def __init__(self, rng, for_test):
        self.rng, self.for_test = rng, for_test

    def draw(self, make):
        while True:
            name = make()
            if is_test_name(name) == self.for_test:
                return name

    def made_up(self):
        r = self.rng
        return ("".join(r.choice(SYLLABLES) for _ in range(r.choice((2, 2, 3)))) + r.choice(ENDINGS)).capitalize()

    def last(self):
        return self.draw(lambda: self.made_up() if self.rng.random() < 0.35 else self.rng.choice(LAST))

    def person(self):
        return f"{self.rng.choice(FIRST)} {self.last()}"

    def town(self):
        return self.draw(lambda: self.made_up() if self.rng.random() < 0.25 else self.rng.choice(TOWN_HEAD) + self.rng.choice(TOWN_TAIL))

    def river(self):
        return self.draw(self.made_up)

    def ship(self):
        return self.draw(lambda: f"the {self.rng.choice(SHIP_ADJECTIVE)} {self.rng.choice(SHIP_NOUN)}")

    def year(self):
        return self.rng.randrange(1850, 2025)

    def family(self, kind):
        """Two or three entities of one kind whose names share a word: the hardest to tell apart."""
        r = self.rng
        n = r.choice((2, 2, 3))
        if kind == "person":
            if r.random() < 0.5:
                first = r.choice(FIRST)
                return [f"{first} {last}" for last in distinct(self.last, n)]
            last = self.last()
            return [f"{first} {last}" for first in r.sample(FIRST, n)]
        if kind == "town":
            return distinct(self.town, n)
        if kind == "firm":
            last = self.last()
            return [f"{last} {tail}" for tail in r.sample(FIRM_TAIL, n)]
        if kind == "ship":
            names = distinct(self.ship, 40)
            mates = [name for name in names if name.split()[1] == names[0].split()[1] or name.split()[2] == names[0].split()[2]]
            return (mates + names[1:])[:n]
        # Events: one town and several years, or one year and several towns.
        what = r.choice(EVENT_KINDS if kind == "event" else FAIR_KINDS)
        if r.random() < 0.6:
            town = self.town()
            years = r.sample(range(1850, 2025), n)
            return [f"the {town} {what} of {year}" for year in years]
        year = self.year()
        return [f"the {town} {what} of {year}" for town in distinct(self.town, n)]


def distinct(draw, n):
    found = []
    while len(found) < n:
        name = draw()
        if name not in found:
            found.append(name)
    return found


def sentence(text):
    return text[0].upper() + text[1:]


class Fact:
    """One thing that is true, with a way to say it. `ask` gives one of the questions that it answers."""

    def __init__(self, names, kind, entity, relation):
        r = names.rng
        statements, self.questions, value = RELATIONS[kind][relation]
        self.kind, self.entity, self.relation = kind, entity, relation
        if value in ("person", "town", "river"):
            value = getattr(names, value)()
        elif value is not None:
            value = value(r)
        article = "an" if value and value[0] in "aeiou" else "a"
        self.fields = {"e": entity, "v": value, "a": article, "y": names.year(), "t": names.town()}
        self.text = sentence(r.choice(statements).format(**self.fields))

    def ask(self, rng, held_out):
        """A question that it answers, in the words of the training or in those that are held out (None where there are none)."""
        n_held = 1 if len(self.questions) >= 4 else 0
        choice = self.questions[len(self.questions) - n_held :] if held_out else self.questions[: len(self.questions) - n_held]
        return sentence(rng.choice(choice).format(**self.fields)) if choice else None


def facts_of(names, kind, entity, n):
    relations = names.rng.sample(sorted(RELATIONS[kind]), min(n, len(RELATIONS[kind])))
    return [Fact(names, kind, entity, relation) for relation in relations]


def family_facts(names, n_each):
    """Facts about a family of entities of a random kind; each entity has the same relations, so that only its name tells them apart."""
    r = names.rng
    kind = r.choice(("person", "person", "person", "town", "town", "firm", "ship", "event", "fair"))
    entities = names.family(kind)
    relations = r.sample(sorted(RELATIONS[kind]), min(n_each, len(RELATIONS[kind])))
    return [[Fact(names, kind, entity, relation) for relation in relations] for entity in entities]


if __name__ == "__main__":
    shown = Names(random.Random(1), False)
    for _ in range(4):
        for facts in family_facts(shown, 3):
            for fact in facts:
                print(f"{fact.text:80} {fact.ask(shown.rng, False)}")
