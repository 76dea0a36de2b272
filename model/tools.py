"""The tools of the training text: some twenty known ones with many ways to ask, and made-up ones without end."""

import json

from words import *

WEATHER = ["sunny", "cloudy", "rainy", "windy", "snowy", "foggy", "clear", "stormy"]


def tool(name, description, params, asks, result, answer, also=()):
    """params: 'city:CITY, ...' (argument:kind of value); also: other names, descriptions and argument names of this tool."""
    slots = dict(p.strip().split(":") for p in params.split(","))
    return dict(name=name, description=description, slots=slots, asks=[a.strip() for a in asks.split("|")],
                result=result, answer=answer, also=list(also))


R = lambda **k: (lambda r, a: {n: (v(r) if callable(v) else v) for n, v in k.items()})
TOOLS = [
    tool("get_weather", "Get the current weather for a city", "city:CITY",
         "What is the weather in {city}?|How is the weather in {city}?|Is it raining in {city}?|Tell me the weather in {city}.|"
         "Weather in {city}?|What is the weather like in {city} today?|Do I need an umbrella in {city}?|Check the weather for {city}.|"
         "Is it cold in {city}?|How warm is it in {city}?|What's the weather in {city}?|Will I need a coat in {city}?|"
         "What is the temperature in {city}?|I am going to {city}, what is the weather there?|{city} weather, please.|Is the sun shining in {city}?",
         R(temperature=lambda r: r.randrange(-9, 40), condition=lambda r: r.choice(WEATHER)),
         lambda a, o: f"It is {o['condition']} in {a['city']}, {o['temperature']} degrees.",
         [("get_current_weather", "Get the weather in a location", {"city": "location"}), ("weather", "Weather of a place", {"city": "place"})]),
    tool("get_time", "Get the current time in a city", "city:CITY",
         "What time is it in {city}?|What is the time in {city}?|Tell me the time in {city}.|Time in {city}?|Current time in {city}, please.|"
         "Is it morning in {city}?|How late is it in {city}?|What does the clock say in {city}?|What's the time in {city} now?|"
         "I want to call {city}, what time is it there?|Is it night in {city}?|Give me the local time of {city}.",
         R(time=lambda r: f"{r.randrange(24):02d}:{r.randrange(60):02d}"), lambda a, o: f"It is {o['time']} in {a['city']}.",
         [("get_current_time", "Current time of a location", {"city": "location"}), ("clock", "Tell the time in a place", {"city": "place"})]),
    tool("add_numbers", "Add two numbers", "a:NUM, b:NUM",
         "Add {a} and {b}.|Please add {a} and {b}.|Use the tool to add {a} and {b}.|Sum {a} and {b}.|What do {a} and {b} make together?|"
         "Compute the sum of {a} and {b}.|Add the numbers {a} and {b}.|What is {a} plus {b}?|What is {a} + {b}?.|"
         "{a} plus {b}, please.|How much are {a} and {b} together?",
         lambda r, a: {"result": a["a"] + a["b"]}, lambda a, o: f"The sum is {o['result']}.",
         [("add", "Add two integers", {}), ("sum", "Sum of two numbers", {"a": "x", "b": "y"})]),
    tool("multiply_numbers", "Multiply two numbers", "a:NUM, b:NUM",
         "Multiply {a} by {b}.|What is {a} times {b}?|Please multiply {a} and {b}.|Compute the product of {a} and {b}.|{a} times {b}, please.|"
         "What is {a} * {b}?|Take {a} times {b}.|Use the tool to multiply {a} by {b}.",
         lambda r, a: {"result": a["a"] * a["b"]}, lambda a, o: f"The product is {o['result']}.",
         [("multiply", "Multiply two integers", {}), ("product", "Product of two numbers", {"a": "x", "b": "y"})]),
    tool("send_email", "Send an email to a person", "to:PERSON, subject:TOPIC",
         "Send an email to {to} about {subject}.|Email {to} about {subject}.|Write to {to} about {subject}.|Please mail {to} about {subject}.|"
         "Send {to} a message about {subject}.|Can you email {to} about {subject}?|I want to write {to} an email about {subject}.|"
         "Write an email about {subject} to {to}.|Let {to} know about {subject} by email.|Mail to {to}, subject {subject}.|Drop {to} a mail on {subject}.",
         R(status="sent"), lambda a, o: f"The email to {a['to']} was sent.",
         [("email", "Send a mail", {"to": "recipient"}), ("send_message", "Send a message to somebody", {"to": "name", "subject": "text"})]),
    tool("search_web", "Search the web", "query:TOPIC",
         "Search the web for {query}.|Search for {query}.|Look up {query} online.|Find pages about {query}.|Google {query}.|"
         "Search the internet for {query}.|Look for {query} on the web.|Find something about {query} online.|What does the web say about {query}?|"
         "I want to read about {query}, search for it.|Do a web search for {query}.|Find me websites on {query}.",
         lambda r, a: {"title": "All about " + a["query"], "hits": r.randrange(1, 900)},
         lambda a, o: f"I found {o['hits']} pages, for example \"{o['title']}\".",
         [("web_search", "Search the internet", {"query": "q"}), ("search", "Find pages on the web", {})]),
    tool("set_timer", "Set a timer in minutes", "minutes:NUM",
         "Set a timer for {minutes} minutes.|Timer {minutes} minutes.|Start a {minutes} minute timer.|Wake me in {minutes} minutes.|"
         "Count down {minutes} minutes.|Please set a timer of {minutes} minutes.|Give me a timer for {minutes} minutes.|Ring in {minutes} minutes.|"
         "Tell me when {minutes} minutes are over.|I need a timer, {minutes} minutes.",
         R(status="started"), lambda a, o: f"The timer runs for {a['minutes']} minutes.",
         [("timer", "Start a timer", {}), ("start_timer", "Start a countdown", {"minutes": "duration"})]),
    tool("create_reminder", "Create a reminder", "text:ITEM, hour:NUM",
         "Remind me of {text} at {hour}.|Set a reminder for {text} at {hour}.|Remind me about {text} at {hour}.|Do not let me forget {text} at {hour}.|"
         "I need a reminder about {text} at {hour}.|Please remind me of {text} at {hour}.|At {hour} remind me of {text}.|Reminder: {text} at {hour}.",
         R(status="ok"), lambda a, o: f"I will remind you of {a['text']} at {a['hour']}.",
         [("add_reminder", "Add a reminder", {"text": "title"}), ("remind", "Remind the user", {"text": "what", "hour": "time"})]),
    tool("translate", "Translate text to a language", "text:PHRASE, language:LANG",
         "Translate {text} to {language}.|Translate {text} into {language}.|What is {text} in {language}?|How do you say {text} in {language}?|"
         "Say {text} in {language}.|Give me {text} in {language}.|Translate \"{text}\" to {language}.|What does \"{text}\" mean in {language}?|"
         "I need {text} in {language}.|Put \"{text}\" into {language}.",
         lambda r, a: {"translation": pseudo(r)}, lambda a, o: f"In {a['language']} it is \"{o['translation']}\".",
         [("translate_text", "Translate a text", {"language": "target"}), ("translator", "Translate words", {"text": "words", "language": "to"})]),
    tool("convert_currency", "Convert money between currencies", "amount:NUM, from:CUR, to:CUR",
         "Convert {amount} {from} to {to}.|How much is {amount} {from} in {to}?|Change {amount} {from} into {to}.|What are {amount} {from} in {to}?|"
         "Exchange {amount} {from} for {to}.|{amount} {from} to {to}, please.|I have {amount} {from}, how much {to} is that?|What do I get in {to} for {amount} {from}?",
         R(result=lambda r: r.randrange(1, 999)), lambda a, o: f"{a['amount']} {a['from']} are {o['result']} {a['to']}.",
         [("exchange", "Exchange money", {"amount": "value"}), ("currency", "Convert a sum of money", {"from": "source", "to": "target"})]),
    tool("play_music", "Play music by an artist or style", "query:TOPIC",
         "Play {query}.|Play some {query}.|Put on {query}.|I want to hear {query}.|Play music about {query}.|Play me {query}, please.|"
         "Let me listen to {query}.|Start playing {query}.|Can you play {query}?|Music: {query}.",
         R(status="playing"), lambda a, o: f"Now playing {a['query']}.", [("play", "Play a song", {"query": "song"}), ("start_music", "Start music", {"query": "style"})]),
    tool("turn_on_light", "Turn on the light in a room", "room:ROOM",
         "Turn on the light in the {room}.|Light on in the {room}.|Switch on the lamp in the {room}.|It is dark in the {room}.|"
         "Make it bright in the {room}.|Please turn the {room} light on.|I cannot see anything in the {room}.|Lights on, {room}.|The {room} needs light.",
         R(status="on"), lambda a, o: f"The light in the {a['room']} is on.", [("light_on", "Switch a light on", {}), ("lamp", "Switch on the lamp", {"room": "place"})]),
    tool("get_stock_price", "Get the price of a stock", "symbol:CUR",
         "What is the stock price of {symbol}?|How much is a {symbol} share?|Price of {symbol} stock?|Get me the {symbol} stock price.|"
         "What does one share of {symbol} cost?|How is the {symbol} stock doing?|Check the price of {symbol} shares.",
         R(price=lambda r: r.randrange(1, 900)), lambda a, o: f"One share of {a['symbol']} costs {o['price']} dollars.",
         [("stock", "Price of a share", {}), ("get_price", "Get the price of a share", {"symbol": "ticker"})]),
    tool("read_file", "Read a file", "path:FILE",
         "Read the file {path}.|Open {path}.|What is in {path}?|Show me {path}.|Read {path} for me.|What does the file {path} say?|"
         "Print the content of {path}.|Please read {path}.|Look into {path}.",
         lambda r, a: {"content": " ".join(r.choice(SEEN["THING"]) for _ in range(r.choice([1, 2, 3])))},
         lambda a, o: f"The file says: {o['content']}", [("open_file", "Open a file", {"path": "file"}), ("cat", "Print a file", {"path": "name"})]),
    tool("get_population", "Get the population of a country", "country:COUNTRY",
         "What is the population of {country}?|How many people live in {country}?|Population of {country}?|How big is the population of {country}?|"
         "Tell me how many people {country} has.|How many inhabitants does {country} have?",
         R(population=lambda r: r.randrange(1, 900) * 1000), lambda a, o: f"{o['population']} people live in {a['country']}.",
         [("population", "People in a country", {"country": "name"})]),
    tool("book_table", "Book a table at a restaurant", "restaurant:PERSON, people:SMALL",
         "Book a table for {people} at {restaurant}.|Reserve a table at {restaurant} for {people}.|A table for {people} at {restaurant}, please.|"
         "We are {people} and want to eat at {restaurant}.|Get us a table at {restaurant} for {people} people.|I want to eat at {restaurant} with {people} people.",
         R(status="booked"), lambda a, o: f"A table for {a['people']} at {a['restaurant']} is booked.",
         [("reserve", "Reserve a table", {"restaurant": "place", "people": "seats"})]),
]
NAMES = {t["name"]: t for t in TOOLS}


def arg(r, kind, held=False):
    if kind == "SMALL":
        return r.randrange(2, 20)
    if kind == "FILE":
        return (r.choice(HELD["THING"]) + str(r.randrange(9)) if held else r.choice([pseudo(r), r.choice(SEEN["THING"]), letters(r)])) + r.choice(
            [".txt", ".csv", ".md", ".py", ".json", ".log"])
    return value(r, kind, held)


def typename(v):
    return "boolean" if isinstance(v, bool) else "integer" if isinstance(v, int) else "string"


def declare(name, description, args):
    """The definition as Ollama's API takes it; args: {name: type name}."""
    props = {n: {"type": t} for n, t in args.items()}
    return {"type": "function", "function": {"name": name, "description": description,
            "parameters": {"type": "object", "required": list(args), "properties": props}}}


def known(r, t=None, held=False, plain=False):
    """(declaration, question, call, result, answer to the result) of a known tool."""
    t = t or r.choice(TOOLS)
    name, desc, ren = t["name"], t["description"], {}
    if not plain and t["also"] and r.random() < 0.3:
        name, desc, ren = r.choice(t["also"])
        if r.random() < 0.4:
            name = t["name"]
    a = {k: arg(r, kind, held) for k, kind in t["slots"].items()}
    ask = r.choice(t["asks"])
    q = ask.format(**a)
    o = t["result"](r, a)
    args = {ren.get(k, k): v for k, v in a.items()}
    types = {ren.get(k, k): "integer" if t["slots"][k] in ("NUM", "SMALL") else "string" for k in a}
    return declare(name, desc, types), q, (name, args), o, t["answer"](a, o)


# --- made-up tools: a verb, a noun, arguments of random names
GET = [("get", "Get"), ("find", "Find"), ("check", "Check"), ("fetch", "Fetch"), ("lookup", "Look up"), ("read", "Read"), ("show", "Show"), ("query", "Query")]
SET = [("set", "Set"), ("change", "Change"), ("update", "Update"), ("adjust", "Adjust")]
ACT = [("delete", "Delete"), ("create", "Create"), ("open", "Open"), ("close", "Close"), ("start", "Start"), ("stop", "Stop"), ("book", "Book"),
       ("cancel", "Cancel"), ("add", "Add"), ("order", "Order"), ("print", "Print"), ("call", "Call"), ("buy", "Buy"), ("save", "Save"), ("move", "Move")]
PROPERTY = """price|status|address|balance|score|distance|schedule|forecast|height|weight|age|rating|length|speed|owner|author|colour|size|
traffic|menu|history|level|pressure|humidity|temperature|location|salary|title|birthday|email|number|capital|currency|recipe|lyrics|meaning|
summary|definition|stock|budget|grade|rank|result|route|delay|phone|cost|tax|date|mood|name""".replace("\n", "").split("|")
OBJECT = """ticket|file|account|order|note|door|room|table|project|task|event|user|page|window|folder|list|record|invoice|car|group|song|
seat|job|product|message|alarm|meeting|flight|hotel|game|contact|photo|trip|bill|course|plan|team|post|draft|label""".replace("\n", "").split("|")
ARGUMENT = "city name item topic id code person place company product word country object target key user title text".split()
PROPERTY_SEEN, PROPERTY_HELD = split(PROPERTY)
OBJECT_SEEN, OBJECT_HELD = split(OBJECT)


def made_up(r, held=False):
    """(declaration, question, call, result, answer) of a tool nobody has heard of."""
    prop, obj = (PROPERTY_HELD, OBJECT_HELD) if held else (PROPERTY_SEEN, OBJECT_SEEN)
    z = r.random()
    v, p = anything(r, held), r.choice(ARGUMENT)
    if z < 0.42:
        (verb, Verb), n = r.choice(GET), (r.choice(prop) if r.random() < 0.75 or held else pseudo(r))
        name, desc, args = f"{verb}_{n}", f"{Verb} the {n} of a {p}", {p: v}
        q = r.choice(["What is the {n} of {v}?", "{V} the {n} of {v}.", "Tell me the {n} of {v}.", "Give me the {n} for {v}.", "I need the {n} of {v}.",
                      "Can you {l} the {n} of {v}?", "{V} {n} for {v}.", "Do you know the {n} of {v}?", "{n} of {v}?", "{v}: what {n}?"])
        res = r.choice([{n: anything(r)}, {"result": anything(r)}, {p: v, n: anything(r)}])
        ans = f"The {n} of {v} is {list(res.values())[-1]}."
    elif z < 0.62:
        (verb, Verb), n, w, wn = r.choice(SET), r.choice(prop), anything(r, held), r.choice(["value", "to", "new", "amount"])
        name, desc, args = f"{verb}_{n}", f"{Verb} the {n} of a {p}", {p: v, wn: w}
        q = r.choice(["{V} the {n} of {v} to {w}.", "{V} {n} of {v} to {w}.", "Please {l} the {n} of {v} to {w}.", "I want the {n} of {v} to be {w}.",
                      "Make the {n} of {v} {w}.", "The {n} of {v} must be {w}."]).replace("{w}", str(w))
        res, ans = {"status": "ok"}, f"The {n} of {v} is now {w}."
    else:
        (verb, Verb), n = r.choice(ACT), (r.choice(obj) if r.random() < 0.75 or held else pseudo(r))
        name, desc, args = f"{verb}_{n}", f"{Verb} a {n}", {p: v}
        if r.random() < 0.55:
            q = r.choice(["{V} the {n} {v}.", "Please {l} the {n} {v}.", "{V} a {n} for {v}.", "Can you {l} the {n} for {v}?", "I want to {l} the {n} {v}."])
            ans = f"The {n} {v} is done."
        else:
            w = number(r, held)
            args = {p: v, r.choice(["count", "amount", "n"]): w}
            q = r.choice(["{V} {w} {n}s for {v}.", "Please {l} {w} {n}s for {v}.", "I want to {l} {w} {n}s for {v}."]).replace("{w}", str(w))
            ans = f"{w} {n}s for {v} are done."
        res = {"status": "ok"}
    q = q.replace("{V}", Verb).replace("{l}", Verb.lower()).replace("{n}", n).replace("{v}", str(v))
    if r.random() < 0.12:
        name = "".join(x if i == 0 else capital(x) for i, x in enumerate(name.split("_")))
    return declare(name, desc, {k: typename(x) for k, x in args.items()}), q, (name, args), res, ans


def any_tool(r, synth=0.4):
    return made_up(r) if r.random() < synth else known(r)


def fill(r, first, n, synth=0.3, plain=False):
    """A list of n declarations around those in first, shuffled, no two with one name or of one kind."""
    got, tried = list(first), 0
    same = lambda d: next((k for k, t in NAMES.items() if d["function"]["name"] in [k] + [x[0] for x in t["also"]]), d["function"]["name"])
    kinds = {same(d) for d in got}
    while len(got) < n and tried < 30:
        tried += 1
        d = (made_up(r) if r.random() < synth else known(r, plain=plain))[0]
        if same(d) not in kinds:
            got.append(d)
            kinds.add(same(d))
    r.shuffle(got)
    return got


def dumps(x):
    return json.dumps(x, ensure_ascii=False)
