"""Word lists and makers of random values; a fifth of each list is held out (HELD) and never seen in training."""

import random

CITY = """Paris London Berlin Madrid Rome Vienna Prague Warsaw Lisbon Dublin Oslo Stockholm Helsinki Copenhagen Athens
Budapest Brussels Amsterdam Zurich Geneva Munich Hamburg Milan Naples Turin Seville Valencia Porto Lyon Nice Bordeaux
Toulouse Lille Glasgow Leeds Bristol Cardiff Belfast Cork Galway Bergen Tampere Riga Vilnius Tallinn Minsk Kyiv Lviv
Odesa Moscow Istanbul Ankara Izmir Cairo Tunis Algiers Rabat Lagos Accra Dakar Nairobi Kampala Lusaka Harare Durban
Pretoria Tokyo Osaka Kyoto Nagoya Sapporo Seoul Busan Beijing Shanghai Shenzhen Chengdu Taipei Hanoi Bangkok Jakarta
Manila Singapore Delhi Mumbai Chennai Kolkata Karachi Lahore Dhaka Kathmandu Colombo Tehran Baghdad Dubai Doha Muscat
Sydney Melbourne Perth Brisbane Auckland Toronto Montreal Vancouver Ottawa Boston Chicago Denver Seattle Portland Austin
Dallas Houston Atlanta Miami Phoenix Havana Lima Quito Bogota Caracas Santiago Montevideo Brasilia Recife""".split() + [
    "New York", "Los Angeles", "San Francisco", "Mexico City", "Buenos Aires", "Cape Town", "Hong Kong", "Tel Aviv",
    "San Diego", "Kuala Lumpur"]
PERSON = """Anna Ben Carla David Emma Felix Grace Hannah Ivan Julia Karl Laura Marco Nina Oscar Paula Quentin Rosa Simon
Tara Umar Vera Walter Xenia Yusuf Zoe Alice Bruno Clara Dario Elena Frank Gina Hugo Iris Jonas Kira Leo Maria Noah Olga
Peter Rita Sam Tina Uma Victor Wendy Yara Adam Bella Chloe Daniel Eva Fiona George Helen Isaac Jack Kate Liam Mia Nora
Otto Pia Ralph Sara Tom Ursula Vince Will Amir Beth Cyrus Dana Erik Faye Gus Hana Igor Joan Kofi Lena Milo Nadia Omar
Priya Quinn Rami Sofia Theo Ulrich Vik Wes Yan Zara Ada Alan Linus Ken Dennis Tim""".split()
TOPIC = """cats|dogs|solar power|old maps|jazz|chess|bread|bees|rockets|football|tea|volcanoes|trains|bicycles|robots|
the moon|whales|coffee|gardens|castles|pandas|electric cars|history|painting|stamps|rivers|birds|mushrooms|cheese|guitars|
cooking|hiking|tennis|swimming|dinosaurs|planets|opera|poetry|banks|weather|climate|music|film|art|science|sports|health|
travel|books|games|fashion|food|law|space|oil|gold|farming|fishing|wine|shoes|bridges|towers|ships|planes|clocks|paper|
glass|wool|salt|honey|apples|rice|snow|wind power|batteries|chips|phones|cameras|lamps|kites|puzzles|magic|dance|theatre|
radio|lions|tigers|bears|wolves|horses|rabbits|sharks|owls|ants|spiders|turtles|frogs|roses|trees|deserts|islands|oceans|
lakes|the budget|the party|the new office|the holiday|the project""".replace("\n", "").split("|")
ITEM = """milk|bread|the dentist|the meeting|the plants|the keys|the report|lunch|the laundry|the bus|the rent|mum|dad|
the cake|the dog|the cat|the car|the bins|the letter|the tickets|the call|homework|the exam|the party|the doctor|the post|
the shopping|the garden|the oven|medicine|the gym|the bank|the phone bill|the photos|the book|the window|the door|the bike|
the train|the flight""".replace("\n", "").split("|")
PHRASE = """good morning|good night|thank you|how are you|I love you|the red house|see you soon|happy birthday|
where is the station|the cat sleeps|a cup of tea|my name is short|cold water|the old man|good luck|yes please|no thanks|
I am hungry|the door is open|two black dogs|welcome home|the sun is warm|open the window|a long road|the big tree|
we are late|fresh bread|blue sky|my friend|the first day|hello world|green apples|the train is late""".replace("\n", "").split("|")
LANG = """French German Spanish Italian Dutch Polish Greek Turkish Arabic Hindi Japanese Korean Chinese Swedish Danish
Finnish Czech Latin Welsh Irish Thai Malay Swahili Russian Hebrew""".split()
CUR = "USD EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF TRY CAD AUD NZD CNY INR BRL MXN ZAR KRW SGD HKD THB ILS".split()
COUNTRY = """France Spain Italy Japan China India Brazil Peru Chile Kenya Egypt Ghana Canada Mexico Norway Sweden Poland
Greece Turkey Iran Austria Ireland Portugal Hungary""".split()
ROOM = "kitchen|bedroom|hall|office|garage|bathroom|cellar|attic|garden|living room|porch|study|pantry|library|balcony".split("|")
FOOD = "pizza soup salad pasta rice cake toast pancakes curry stew tacos noodles sushi pie omelette burgers porridge waffles".split()
ANIMAL = "cat dog fox bear owl mouse frog rabbit duck horse llama pig wolf hen goat crow bee turtle lion fish".split()
COLOUR = "red blue green yellow black white brown orange purple pink grey".split()
THING = "key book ring phone lamp hat cup bag map coin bell box pen ball watch letter boat bike knife shoe".split()
JOB = "teacher doctor baker driver farmer nurse cook painter singer pilot writer builder lawyer sailor clerk gardener".split()

ONSET = "b c d f g h j k l m n p r s t v w z br cr dr gr tr st pl kl sh ch th".split()
VOWEL = "a e i o u ai ea ou io".split()
CODA = ["", "", "n", "r", "s", "l", "m", "t", "x", "k"]


def split(items, share=0.2, seed=7):
    """(training, held out)"""
    items = list(items)
    random.Random(seed).shuffle(items)
    n = max(1, int(len(items) * share))
    return items[n:], items[:n]


LISTS = dict(CITY=CITY, PERSON=PERSON, TOPIC=TOPIC, ITEM=ITEM, LANG=LANG, CUR=CUR, ROOM=ROOM, FOOD=FOOD, COUNTRY=COUNTRY,
             PHRASE=PHRASE, ANIMAL=ANIMAL, COLOUR=COLOUR, THING=THING, JOB=JOB)
SEEN = {k: split(v)[0] for k, v in LISTS.items()}
HELD = {k: split(v)[1] for k, v in LISTS.items()}
HELD_NUMBERS = set(random.Random(3).sample(range(10, 1000), 200))
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pseudo(r):
    return "".join(r.choice(ONSET) + r.choice(VOWEL) for _ in range(r.choice([1, 2, 2, 3]))) + r.choice(CODA)


def capital(s):
    return s[:1].upper() + s[1:]


def number(r, held=False, lo=1, hi=1000):
    while True:
        n = r.randrange(lo, r.choice([20, 100, hi]) if hi > 100 else hi)
        if (n in HELD_NUMBERS) == held:
            return n
        if held:
            n = r.choice(sorted(HELD_NUMBERS))
            if lo <= n < hi:
                return n


def letters(r):
    """A random word of no language at all."""
    return "".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.randrange(2, 9)))


def odd(r):
    """A value with digits, dots or dashes: a code, a file, an address, a time."""
    k = r.randrange(8)
    if k == 0:
        return "".join(r.choice(UPPER) for _ in range(r.randrange(1, 4))) + "-" + str(r.randrange(10, 9999))
    if k == 1:
        return pseudo(r) + r.choice([".txt", ".csv", ".md", ".py", ".json", ".log"])
    if k == 2:
        return pseudo(r) + "@" + r.choice(["mail", "post", "home", pseudo(r)]) + r.choice([".org", ".com", ".net"])
    if k == 3:
        return f"{r.randrange(24):02d}:{r.randrange(60):02d}"
    if k == 4:
        return f"{r.randrange(100)}.{r.randrange(10)}"
    if k == 5:
        return f"20{r.randrange(10, 40)}-{r.randrange(1, 13):02d}-{r.randrange(1, 29):02d}"
    if k == 6:
        return pseudo(r) + "_" + pseudo(r)
    return "".join(r.choice(UPPER + "0123456789") for _ in range(r.randrange(3, 7)))


def value(r, kind, held=False):
    """A value of a kind: out of the training list, out of thin air, or (held) of the held-out list."""
    if kind == "NUM":
        return number(r, held)
    if held:
        return r.choice(HELD[kind])
    z = r.random()
    if kind in ("CITY", "PERSON", "COUNTRY"):
        if z < 0.35:
            p = capital(pseudo(r))
            return p + (" " + capital(pseudo(r)) if r.random() < 0.15 else "")
        if z < 0.45:
            return capital(letters(r))
        if z < 0.5:
            return r.choice(SEEN["PERSON" if kind == "CITY" else "CITY"])
    elif kind in ("TOPIC", "ITEM", "PHRASE", "ROOM", "FOOD", "THING"):
        if z < 0.3:
            return " ".join(r.choice([pseudo, pseudo, letters])(r) for _ in range(r.choice([1, 1, 2, 3])))
        if z < 0.45:
            return r.choice(["the ", "a ", "my ", "", ""]) + r.choice(SEEN[r.choice(["THING", "ANIMAL", "FOOD", "JOB"])])
        if z < 0.55:
            return r.choice(SEEN["COLOUR"]) + " " + r.choice(SEEN[r.choice(["THING", "ANIMAL", "TOPIC"])])
    elif kind == "CUR" and z < 0.5:
        return "".join(r.choice(UPPER) for _ in range(3))
    elif kind == "LANG" and z < 0.35:
        return capital(pseudo(r))
    return r.choice(SEEN[kind])


def anything(r, held=False, words=True):
    """A value of any kind."""
    z = r.random()
    if held:
        return value(r, r.choice(["CITY", "PERSON", "TOPIC", "NUM"]), True)
    if z < 0.3:
        p = pseudo(r)
        return p if r.random() < 0.5 else capital(p)
    if z < 0.4:
        return letters(r)
    if z < 0.52:
        return number(r)
    if z < 0.62:
        return odd(r)
    return value(r, r.choice(["CITY", "PERSON", "TOPIC", "ITEM", "PHRASE", "THING"] if words else ["CITY", "PERSON"]))
