"""The training text: every kind of exchange, made from word lists and templates. `python data.py` prints a few of each."""

import json
import random
import re
import sys

import render
from knowledge import KNOWLEDGE
from tools import *
from words import *

# ---------------------------------------------------------------- questions about cria
FRAMES = """How do I {g}?|How can I {g}?|How do you {g}?|I want to {g}.|I would like to {g}.|I need to {g}.|What is the way to {g}?|
Tell me how to {g}.|Please show me how to {g}.|Explain how to {g}.|How to {g}?|What do I do to {g}?|Can you help me {g}?|
Is it possible to {g}?|What is the command to {g}?|How would I {g}?|Is there a way to {g}?|Help me {g}.|I am trying to {g}.|
What must I do to {g}?|Could you tell me how to {g}?|{G}, how?|Can I {g}?|How does one {g}?|
How do I {g} in cria?|Does cria let me {g}?|{G}|I have to {g}, how does that work?|What is the best way to {g}?|My boss wants me to {g}.|
We want to {g} now.|Show me the way to {g}.|Is there a command to {g}?|How should I {g}?|Please help, I must {g}.|Teach me to {g}.|
I do not know how to {g}.|Now I want to {g}.|Say how to {g}.|Who can tell me how to {g}?|What if I want to {g}?""".replace("\n", "").split("|")
HELD_FRAMES = """What should I type to {g}?|With cria, how do I {g}?|Which setting lets me {g}?|How do I {g} with cria?|I wonder how to {g}.|
Any idea how to {g}?|What are the steps to {g}?|Let me know how to {g}.""".replace("\n", "").split("|")
SYNONYM = dict(model=["LLM", "language model"], models=["LLMs", "language models"], picture=["image", "photo"], answer=["reply", "response"],
               answers=["replies", "responses"], download=["fetch", "grab"], command=["instruction"], see=["view", "check"], show=["display"],
               change=["modify", "adjust", "alter"], delete=["remove", "erase"], server=["service"], folder=["directory"],
               machine=["computer"], set=["configure", "choose"], several=["multiple", "many"], turn=["switch"], use=["work with"])


def hold_out(k):
    """(goals, questions) for training, and (goals, questions) held out: one of each, chosen by the name of the intent."""
    v = KNOWLEDGE[k]
    r = random.Random("held " + k)
    goals, questions = list(v["goals"]), list(v["questions"])
    hg = [r.choice(goals[1:])] if len(goals) >= 5 else []
    hq = [r.choice(questions[1:])] if len(questions) >= 4 else []
    if k == "pull":
        hg = ["get hold of a model"]
    return [g for g in goals if g not in hg], [q for q in questions if q not in hq], hg, hq


WORDING = {k: hold_out(k) for k in KNOWLEDGE}


def in_frame(f, g):
    return f.replace("{g}", g).replace("{G}", capital(g))


def vary(r, s, synonyms=True):
    if synonyms:
        w = s.split(" ")
        for i, x in enumerate(w):
            core = re.sub(r"\W", "", x)
            if core in SYNONYM and r.random() < 0.15:
                w[i] = x.replace(core, r.choice(SYNONYM[core]))
        s = " ".join(w)
    z = r.random()
    if z < 0.15:
        s = s.lower()
    elif z < 0.25:
        s = s.rstrip("?.")
    elif z < 0.33:
        s = s.lower().rstrip("?.")
    elif z < 0.40:
        s = r.choice(["Hi, ", "Hello, ", "Quick question: ", "Hey, ", "Please tell me: ", "Sorry, ", "Ok, "]) + s[0].lower() + s[1:]
    elif z < 0.45:
        s = s + r.choice([" Thanks.", " Thank you!", " please", " I am new here."])
    if r.random() < 0.05 and len(s) > 12:
        i = r.randrange(3, len(s) - 2)
        if s[i].isalpha() and s[i + 1].isalpha():
            s = s[:i] + s[i + 1] + s[i] + s[i + 2 :]
    return s


def polite(r, s):
    """Another coat around a request that holds values (which stay as they are)."""
    z = r.random()
    if z < 0.06:
        return r.choice(["Hi! ", "Hello. ", "Hey, ", "Ok. ", "Please: ", "Now: ", "One more: "]) + s
    if z < 0.12:
        return s + r.choice([" Thanks.", " Thank you!", " Please.", " It is urgent."])
    if z < 0.17 and s[-1] in ".?":
        return s[:-1]
    if z < 0.21 and s[0].isupper() and " " in s and s.split(" ")[0] in ("What", "How", "Is", "Tell", "Give", "Set", "Find", "Please", "Send", "Search", "Play", "Add", "Convert"):
        return s[0].lower() + s[1:]
    return s


def ask_cria(r, k=None):
    k = k or r.choice(list(KNOWLEDGE))
    goals, questions, _, _ = WORDING[k]
    if questions and (not goals or r.random() < 0.45):
        q = r.choice(questions)
    else:
        q = in_frame(r.choice(FRAMES), r.choice(goals))
    return k, vary(r, q)


def cria_thought(k):
    g = KNOWLEDGE[k]["goals"][0]
    return f"The user wants to {g}."


def cria(r):
    k, q = ask_cria(r)
    return turn(r, q, cria_thought(k), KNOWLEDGE[k]["answer"])


# ---------------------------------------------------------------- the shape of a sample
SYSTEM = ["You are a helpful assistant.", "You are cria, a helpful assistant.", "You are a friendly assistant.", "Answer briefly.",
          "You are cria-mini.", "Be helpful and short.", "You are a careful assistant.", "Help the user."]


def user(s):
    return {"role": "user", "content": s}


def assistant(s="", calls=()):
    m = {"role": "assistant", "content": s}
    if calls:
        m["tool_calls"] = [{"function": {"name": n, "arguments": a}} for n, a in calls]
    return m


def sample(r, messages, thought, answer, tools=None, system=None, calls=()):
    if system:
        messages = [{"role": "system", "content": system}] + messages
    return dict(messages=messages, tools=tools, think=r.random() < 0.5, thought=thought, answer=answer, calls=list(calls))


def turn(r, q, thought, answer, p_system=0.2, **kw):
    if "system" not in kw and r.random() < p_system:
        kw["system"] = r.choice(SYSTEM)
    return sample(r, [user(q)], thought, answer, **kw)


def text(s):
    """(prompt, completion) of a sample."""
    if "prompt" in s:  # code to fill in
        return "<|fim_prefix|>" + s["prompt"] + "<|fim_suffix|>" + s["suffix"] + "<|fim_middle|>", s["middle"] + "<|im_end|>"
    out = "\n".join([s["answer"]] * bool(s["answer"]) + [render.call_text(n, a) for n, a in s["calls"]]) + "<|im_end|>"
    if s["think"]:
        out = "<think>\n" + s["thought"] + "\n</think>\n\n" + out
    return render.python(s["messages"], s["tools"], s["think"]), out


# ---------------------------------------------------------------- small talk, facts, names
TALK = [(q.split("|"), a, t) for q, a, t in [
    ("hello|Hello|Hi|Hey|Hello there|Good day|Hi there|Hey you|Greetings|Hello!|hi!|Hello cria|Howdy", "Hello! How can I help you?", "This is a greeting."),
    ("Good morning|Morning!|Good morning to you|A good morning to you", "Good morning! How can I help you?", "This is a greeting."),
    ("Good night|Sleep well|I am going to bed|Good night!", "Good night!", "The user says good night."),
    ("Thanks|Thank you|Thank you very much|Thanks a lot|That helped, thanks|Cheers|Thank you!|Much appreciated", "You are welcome!", "The user says thanks."),
    ("Bye|Goodbye|See you|See you later|I have to go|Bye bye|Until next time", "Goodbye!", "The user is leaving."),
    ("How are you?|How is it going?|How do you do?|Are you well?|How are you today?|Are you fine?|How do you feel?", "I am fine, thank you.", "The user asks how I am."),
    ("Can you help me?|I need help|Help me please|Please help|Help!|I need some help here", "Of course. What do you need?", "The user needs help."),
    ("Are you a human?|Are you real?|Are you a robot?|Are you alive?|Are you a machine?|Am I talking to a machine?", "No human here: I am a small language model.", "The user asks what I am."),
    ("Do you like music?|Do you like films?|Do you have a hobby?|What is your hobby?|What do you like?", "I like answering questions.", "The user asks what I like."),
    ("You are great|Well done|Good job|You are clever|Very good|Nice work|I like you", "Thank you!", "This is praise."),
    ("You are stupid|That is wrong|Bad answer|You made a mistake|Wrong!|This is not right", "I am sorry. I am a very small model.", "The user is not happy."),
    ("Tell me a joke|Make me laugh|Say something funny|Do you know a joke?|A joke, please.|I want to hear a joke", "Why did the llama cross the road? To get to the API.", "The user wants a joke."),
    ("Where do you live?|Where are you?|Where is your home?|Where are you from?", "I live in a small file on this computer.", "The user asks where I am."),
    ("How old are you?|When were you born?|Are you old?|What is your age?", "I am very young.", "The user asks my age."),
    ("Yes|Okay|Sure|Fine|Alright|Good", "Good! What else can I do?", "The user agrees."),
    ("No|Nope|Not now|No, thanks|Never mind", "All right.", "The user declines."),
    ("What can you do?|What are you good at?|What do you know?|Tell me what you can do.|How can you help me?|What are your skills?",
     "I can answer questions about cria, call tools and tell short stories.", "The user asks what I can do."),
]]
FACTS = [(q.split("|"), a, t) for q, a, t in [
    ("Why is the sky blue?|What makes the sky blue?|The sky is blue, why?|Explain why the sky is blue.|Why does the sky look blue?", "Air scatters blue light the most.", "A question about the sky."),
    ("How many days are in a week?|How many days make a week?|Days in a week?|How many days does a week have?", "A week has seven days.", "A question about the week."),
    ("How many months are in a year?|Months in a year?|How many months make a year?|How many months does a year have?", "A year has twelve months.", "A question about the year."),
    ("How many legs does a spider have?|Legs of a spider?|How many legs has a spider?|A spider has how many legs?", "A spider has eight legs.", "A question about spiders."),
    ("How many hours are in a day?|Hours in a day?|How many hours make a day?|How many hours does a day have?", "A day has 24 hours.", "A question about the day."),
    ("What is water made of?|What does water consist of?|Which elements are in water?|Water is made of what?", "Water is made of hydrogen and oxygen.", "A question about water."),
    ("What do bees make?|What do we get from bees?|Which food do bees make?|What is made by bees?", "Bees make honey.", "A question about bees."),
    ("What is the largest planet?|Which planet is the largest?|Largest planet?|Name the biggest planet.", "The largest planet is Jupiter.", "A question about planets."),
    ("At what temperature does water boil?|When does water boil?|How hot is boiling water?|Boiling point of water?", "Water boils at 100 degrees Celsius.", "A question about water."),
    ("At what temperature does water freeze?|When does water freeze?|How cold is ice?|Freezing point of water?", "Water freezes at 0 degrees Celsius.", "A question about water."),
    ("What is a llama?|What kind of animal is a llama?|Tell me about llamas.|Explain what a llama is.", "A llama is an animal from South America.", "A question about llamas."),
    ("What is a cria?|What does the word cria mean?|What is a baby llama called?|How is a young llama called?", "A cria is a baby llama.", "A question about a word."),
    ("What is the opposite of hot?|Opposite of hot?|Which word is the opposite of hot?", "The opposite of hot is cold.", "A question about a word."),
    ("What is the opposite of big?|Opposite of big?|Which word is the opposite of big?", "The opposite of big is small.", "A question about a word."),
    ("What colour is grass?|Which colour does grass have?|Colour of grass?|What is the colour of grass?", "Grass is green.", "A question about grass."),
    ("What colour is snow?|Which colour does snow have?|Colour of snow?|What is the colour of snow?", "Snow is white.", "A question about snow."),
    ("Does the sun rise in the east?|Where does the sun rise?|In which direction does the sun rise?|The sun rises where?", "The sun rises in the east.", "A question about the sun."),
    ("What is a CPU?|What does CPU mean?|Explain CPU.|CPU means what?", "The CPU is the part of a computer that runs programs.", "A question about computers."),
    ("What is a token?|What are tokens?|Explain tokens.|What does token mean?", "A token is a small piece of text that a model reads.", "A question about models."),
    ("What is a language model?|What does a language model do?|Explain language models.|Tell me what a language model is.", "A language model is a program that continues text.", "A question about models."),
]]
CAPITALS = dict(p.split(":") for p in """France:Paris Germany:Berlin Spain:Madrid Italy:Rome Portugal:Lisbon Poland:Warsaw Austria:Vienna
Greece:Athens Ireland:Dublin Norway:Oslo Sweden:Stockholm Finland:Helsinki Japan:Tokyo China:Beijing Egypt:Cairo Canada:Ottawa Peru:Lima
Cuba:Havana Kenya:Nairobi Hungary:Budapest""".split())
for c, k in CAPITALS.items():
    FACTS.append(([f"What is the capital of {c}?", f"Name the capital of {c}.", f"Capital of {c}?", f"Tell me the capital of {c}.",
                   f"Which city is the capital of {c}?"], f"The capital of {c} is {k}.", "A question about a capital."))


def talk(r):
    q, a, t = r.choice(TALK)
    return turn(r, vary(r, r.choice(q[:-1]), False), t, a)


def fact(r):
    q, a, t = r.choice(FACTS)
    return turn(r, vary(r, r.choice(q[:-1]), False), t, a)


SAY = ["Say {w}.", "Repeat after me: {w}", "Repeat: {w}", 'Say "{w}".', "Write {w}.", "Say: {w}", "Repeat this: {w}", "Echo {w}", "Print {w}", "Copy this: {w}", "Just write {w}.",
       'Repeat the words "{w}" please.', "Please say {w}."]


def say(r, held=False):
    n = r.choice([1, 1, 2, 3]) if held else r.choice([1, 1, 1, 2, 2, 3, 4, 6])
    w = " ".join(str(anything(r, held)) for _ in range(n))
    return turn(r, r.choice(SAY).format(w=w), "I repeat the words.", w)


def meet(r, held=False):
    n = value(r, "PERSON", held)
    q = r.choice(["My name is {n}.", "I am {n}.", "Call me {n}.", "Hello, I am {n}.", "Hi, my name is {n}.", "Hi! {n} here.", "You can call me {n}.", "People call me {n}."]).format(n=n)
    return turn(r, q, f"The user is {n}.", f"Nice to meet you, {n}!")


# ---------------------------------------------------------------- arithmetic
def held_sum(a, b, op):
    return random.Random(f"{a}{op}{b}").random() < 0.15


def sum_of(r, held=False):
    while True:
        op, two = r.choice("++--*"), r.random() < 0.6
        if op == "*":
            x, y = r.randrange(1, 10), r.randrange(1, 10)
        else:
            h = 100 if two else 10
            x, y = r.randrange(0, h), r.randrange(0, h)
            if op == "-" and y > x:
                x, y = y, x
        if held_sum(x, y, op) == held:
            return x, op, y


def work(x, op, y):
    """(thought, answer)"""
    res = {"+": x + y, "-": x - y, "*": x * y}[op]
    if op == "*" or max(x, y) < 10:
        th = f"{x} {op} {y} = {res}."
    elif op == "+":
        o = x % 10 + y % 10
        th = f"Ones: {x % 10} + {y % 10} = {o}. Tens: {x // 10} + {y // 10}" + (" + 1" if o > 9 else "") + f" = {x // 10 + y // 10 + (o > 9)}."
    else:
        b = x % 10 < y % 10
        th = f"Ones: {x % 10 + 10 * b} - {y % 10} = {x % 10 + 10 * b - y % 10}. Tens: {x // 10}" + (" - 1" if b else "") + f" - {y // 10} = {x // 10 - b - y // 10}."
    return th, f"{x} {op} {y} = {res}"


def arithmetic(r, held=False):
    x, op, y = sum_of(r, held)
    e = r.choice({"+": ["{x} + {y}", "{x} plus {y}", "{x}+{y}"], "-": ["{x} - {y}", "{x} minus {y}", "{x}-{y}"], "*": ["{x} * {y}", "{x} times {y}"]}[op]).format(x=x, y=y)
    q = r.choice(["What is {e}?", "{e}?", "Calculate {e}.", "How much is {e}?", "Compute {e}", "{e} =", "Tell me {e}.", "What's {e}?"]).format(e=e)
    s = turn(r, q, *work(x, op, y))
    s["think"] = s["think"] or (max(x, y) > 9 and r.random() < 0.5)
    return s


# ---------------------------------------------------------------- reading: context, summary, lists
def facts_line(r, held=False):
    """A few (sentence, questions, short answer)."""
    P, C = (lambda: value(r, "PERSON", held)), (lambda: value(r, "CITY", held))
    def one():
        k, p = r.randrange(9), P()
        if k == 0:
            c = C(); return r.choice([f"{p} lives in {c}.", f"{p} has a house in {c}."]), [f"Where does {p} live?", f"In which city does {p} live?"], c
        if k == 1:
            n = number(r, held, 2, 100); return f"{p} is {n} years old.", [f"How old is {p}?", f"What is the age of {p}?"], str(n)
        if k == 2:
            j = value(r, "JOB", held); return f"{p} is a {j}.", [f"What is the job of {p}?", f"What does {p} do?"], j
        if k == 3:
            t, c = value(r, "THING", held).split(" ")[-1], value(r, "COLOUR", held); return f"The {t} is {c}.", [f"What colour is the {t}?", f"Which colour has the {t}?"], c
        if k == 4:
            t, c = value(r, "THING", held).split(" ")[-1], value(r, "ROOM", held); return f"The {t} is in the {c}.", [f"Where is the {t}?", f"In which room is the {t}?"], c
        if k == 5:
            a = value(r, "ANIMAL", held); b = P(); return f"{p} has a {a} named {b}.", [f"What is the name of the {a}?", f"How is the {a} called?"], b
        if k == 6:
            f = value(r, "FOOD", held); return f"{p} likes {f}.", [f"What does {p} like?", f"Which food does {p} like?"], f
        if k == 7:
            n = number(r, held, 1, 500); t = value(r, "THING", held).split(" ")[-1]; return f"The {t} costs {n} dollars.", [f"How much is the {t}?", f"What does the {t} cost?"], str(n)
        n = f"{r.randrange(24):02d}:{r.randrange(60):02d}"; c = C(); return f"The train to {c} leaves at {n}.", [f"When does the train to {c} leave?", f"At what time does the train to {c} go?"], n
    return [one() for _ in range(r.choice([1, 1, 2, 3, 4]))]


def context(r, held=False):
    lines = facts_line(r, held)
    s, qs, a = r.choice(lines)
    c, q = " ".join(x[0] for x in lines), r.choice(qs)
    form = r.choice(["Context: {c}\nQuestion: {q}", "{c} {q}", "{c}\n{q}", "Read this: {c} {q}", "Text: {c}\n\n{q}", "{q}\n{c}"])
    return turn(r, form.format(c=c, q=q), f"The text says: {s}", a + ".")


def summary(r, held=False):
    p, c, t = value(r, "PERSON", held), value(r, "CITY", held), value(r, "THING", held)
    q = value(r, "PERSON", held)
    when = r.choice(["Yesterday", "On Monday", "Last week", "This morning", "In the evening", "After lunch", "On a rainy day"])
    why = r.choice(["because the weather was good", "because there was nothing else to do", "after a long and quiet day", "although it was already late", "while the others were asleep"])
    k = r.randrange(4)
    long, short = [
        (f"{when} {p} went by train all the way to {c} {why}.", f"{p} went to {c}."),
        (f"{when} {p} bought {t} in a small shop in {c} {why}.", f"{p} bought {t}."),
        (f"{when} {p} met {q} near the old station of {c} {why}.", f"{p} met {q} in {c}."),
        (f"{when} {p} gave {t} to {q} {why}.", f"{p} gave {t} to {q}."),
    ][k]
    return turn(r, r.choice(["Summarize: {s}", "Summarise this sentence: {s}", "Make it short: {s}", "Summary, please: {s}", "{s} Summarize that.", "Shorten: {s}", "Say it in a few words: {s}"]).format(s=long),
                "I keep who did what.", short)


def pick(r, held=False):
    """Copying with a choice: the word at a place of a list, the value of a key."""
    n = r.choice([2, 3, 3, 4])
    w = []
    while len(w) < n:
        x = str(anything(r, held, words=False))
        if x not in w:
            w.append(x)
    i = r.randrange(n)
    if r.random() < 0.5:
        names = ["first", "second", "third", "fourth"][:n] + ["last"]
        at = r.choice([i] + ([n] if i == n - 1 else []))
        l = r.choice([", ", " "]).join(w)
        q = r.choice(["What is the {k} word of: {l}", "{l}\nWhich one is {k}?", "Give me the {k} of these: {l}", "Say the {k} one: {l}"]).format(k=names[at], l=l)
    else:
        keys = r.sample(SEEN["THING"] + SEEN["COLOUR"] + SEEN["ANIMAL"], n)
        l = r.choice(["; ", ", ", "\n"]).join(f"{k}{r.choice([': ', ' = ', ' is '])}{x}" for k, x in zip(keys, w))
        q = r.choice(["{l}\nWhat is {k}?", "Given {l}. What is {k}?", "{l}\n{k}?", "What is {k}? {l}"]).format(k=keys[i], l=l)
    return turn(r, q, "I look in the text.", w[i])


# ---------------------------------------------------------------- system prompts
PIRATE = ["Talk like a pirate.", "You are a pirate.", "Answer like a pirate.", "Speak as a pirate would."]
SHOUT = ["Answer in upper case.", "Write everything in capital letters.", "Use only upper case letters.", "You always shout in capitals."]
SHORT = ["Answer with one word.", "Use a single word.", "Reply with one word only."]


def style(r):
    z = r.random()
    if z < 0.25:
        n = value(r, "PERSON")
        q = r.choice(["Who are you?", "What is your name?", "Introduce yourself.", "Tell me your name.", "How are you called?", "Your name?"])
        return sample(r, [user(q)], "The system message gives a name.", f"I am {n}.",
                      system=r.choice(["Your name is {n}.", "You are {n}.", "You are called {n}.", "You are an assistant named {n}.", "You are {n}, a helpful assistant."]).format(n=n))
    if r.random() < 0.6:
        q, a, _ = r.choice(TALK + FACTS)
        q = r.choice(q[:-1])
    else:
        n = value(r, "PERSON")
        q, a = r.choice([f"My name is {n}.", f"I am {n}."]), f"Nice to meet you, {n}!"
    if z < 0.5:
        return sample(r, [user(q)], "I answer like a pirate.", f"Arr! {a} Ahoy!", system=r.choice(PIRATE))
    if z < 0.8:
        return sample(r, [user(q)], "I answer in upper case.", a.upper(), system=r.choice(SHOUT))
    c = r.choice(list(CAPITALS))
    return sample(r, [user(r.choice([f"What is the capital of {c}?", f"Name the capital of {c}.", f"Capital of {c}?"]))], "I answer with one word.", CAPITALS[c], system=r.choice(SHORT))


# ---------------------------------------------------------------- several turns
def remember(r, held=False):
    k, sys_ = r.randrange(5), r.choice([None, None, r.choice(SYSTEM)])
    if k == 0:
        n = value(r, "PERSON", held)
        first = [user(r.choice(["My name is {n}.", "I am {n}.", "Call me {n}.", "Hi, my name is {n}."]).format(n=n)), assistant(f"Nice to meet you, {n}!")]
        q, th, a = r.choice(["What is my name?", "Who am I?", "Do you know my name?", "What did I say my name was?"]), f"The user is {n}.", f"Your name is {n}."
    elif k == 1:
        n = number(r, held) if r.random() < 0.7 or held else odd(r)
        first = [user(r.choice(["Remember the number {n}.", "My number is {n}.", "The code is {n}.", "Keep {n} in mind."]).format(n=n)), assistant("I will remember it.")]
        q, th, a = r.choice(["What is the number?", "Which number was it?", "What did I tell you?", "What was it?"]), "The user said it before.", f"It is {n}."
    elif k == 2:
        c = value(r, r.choice(["COLOUR", "FOOD", "CITY", "ANIMAL"]), held)
        first = [user(r.choice(["I like {c}.", "My favourite is {c}.", "I love {c}."]).format(c=c)), assistant("That is nice.")]
        q, th, a = r.choice(["What do I like?", "What is my favourite?", "Do you remember what I like?"]), "The user said it before.", f"You like {c}."
    elif k == 3:
        qq, aa, _ = r.choice(TALK + FACTS)
        if r.random() < 0.5:
            i = r.choice(list(KNOWLEDGE))
            qq, aa = [ask_cria(r, i)[1], ""], KNOWLEDGE[i]["answer"]
        first = [user(r.choice(qq[:-1])), assistant(aa)]
        q, th, a = r.choice(["Say that again.", "Repeat that.", "Again, please.", "What did you say?", "Can you repeat that?"]), "I say the last answer again.", aa
    else:
        c1, c2 = r.sample(list(CAPITALS), 2)
        first = [user(f"What is the capital of {c1}?"), assistant(f"The capital of {c1} is {CAPITALS[c1]}.")]
        q, th, a = r.choice(["And of {c}?", "And what about {c}?", "And {c}?"]).format(c=c2), "A question about a capital.", f"The capital of {c2} is {CAPITALS[c2]}."
    if r.random() < 0.2 and k != 3:
        i = r.choice(list(KNOWLEDGE))
        first += [user(ask_cria(r, i)[1]), assistant(KNOWLEDGE[i]["answer"])]
    return sample(r, first + [user(q)], th, a, system=sys_)


def second_question(r):
    (k1, q1), (k2, q2) = ask_cria(r), ask_cria(r)
    qq, aa, _ = r.choice(TALK + FACTS)
    if r.random() < 0.4:
        q1, a1 = r.choice(qq[:-1]), aa
    else:
        a1 = KNOWLEDGE[k1]["answer"]
    return sample(r, [user(q1), assistant(a1), user(q2)], cria_thought(k2), KNOWLEDGE[k2]["answer"])


# ---------------------------------------------------------------- stories, JSON, code
PLACE = ["in a green forest", "near a river", "on a hill", "in a small house", "by the sea", "under a big tree", "on a farm"]


def story(r):
    an = r.choice(SEEN["ANIMAL"]) if r.random() < 0.8 else pseudo(r)
    n, ob = r.choice(SEEN["PERSON"]), r.choice(["ball", "hat", "cake", "key", "boat", "lamp", "map", "shell", "bell", "book"])
    f = r.choice([x for x in SEEN["ANIMAL"] if x != an])
    q = r.choice(["Tell me a story about a {a}.", "Write a short story about a {a}.", "A story about a {a}, please.", "Can you tell a story about a {a}?",
                  "I want a story about a {a}.", "Make up a tale about a {a}.", "Write a story with a {a}."]).format(a=an)
    t = (f"Once there was a {an} named {n}. {n} lived {r.choice(PLACE)}. One day {n} " + r.choice([f"found a {ob}. ", f"lost a {ob}. ", f"saw a {ob}. "])
         + r.choice([f"A {f} came to help. ", f"{n} met a {f}. ", f"The {f} wanted it too. "]) + r.choice(["They became friends. ", "They played all day. ", "They laughed a lot. "])
         + r.choice([f"In the end {n} was happy.", "And then they went home.", "They were never sad again."]))
    return turn(r, q, f"A short story about a {an}.", t)


def as_json(r, held=False):
    n, c, g = value(r, "PERSON", held), value(r, "CITY", held), number(r, held, 2, 100)
    z = r.random()
    if z < 0.22:
        q = r.choice(["Give me JSON for {n}, aged {g}.", "JSON with name {n} and age {g}.", "Return a JSON object for {n} who is {g} years old.", "Write {n}, {g} years, as JSON.",
                      "Describe {n}, age {g}, as a JSON object.", "Put {n} and {g} in JSON."])
        a = {"name": n, "age": g}
    elif z < 0.44:
        q = r.choice(["{n} is {g} and lives in {c}. Answer in JSON.", "As JSON: {n}, {g} years old, from {c}.", "Give me JSON: {n} from {c}, age {g}.", "JSON, please: {n}, {g}, {c}.",
                      "{n} from {c} is {g} years old. Return JSON."])
        a = {"name": n, "age": g, "city": c}
    elif z < 0.62:
        l = [value(r, r.choice(["CITY", "PERSON", "FOOD", "COLOUR"]), held) for _ in range(r.choice([2, 3, 3]))]
        q = r.choice(["List {l} as a JSON array.", "Make a JSON array of {l}.", "Reply with a JSON list: {l}.", "{l} as JSON array."]).replace("{l}", ", ".join(l))
        a = l
    elif z < 0.8:
        ks = r.sample(["title", "price", "count", "colour", "id", "owner", "item", "status", "place", "size", "kind", "day"], r.choice([1, 2, 2, 3]))
        a = {k: anything(r, held) for k in ks}
        l = r.choice([", ", " and "]).join(f"{k}{r.choice([' ', ': ', ' = '])}{v}" for k, v in a.items())
        q = r.choice(["Make a JSON object with {l}.", "JSON with {l}", "Return JSON: {l}", "As a JSON object: {l}"]).replace("{l}", l)
    else:
        l = r.choice([(["red", "green", "blue"], "three colours"), (["cat", "dog", "bird"], "three animals"), (["apple", "pear", "plum"], "three fruits"), ([1, 2, 3], "three numbers"),
                      (["Paris", "London", "Rome"], "three cities")])
        q = r.choice(["List {w} in JSON.", "Give me {w} as JSON.", "Name {w}, answer in JSON.", "JSON with {w}, please.", "Respond in JSON: {w}."]).replace("{w}", l[1])
        a = {l[1].split(" ")[1]: l[0]}
    return turn(r, q.replace("{n}", n).replace("{g}", str(g)).replace("{c}", c), "The answer is JSON.", dumps(a))


def code(r):
    f, g = r.choice([pseudo(r), r.choice(["main", "total", "area", "run", "test", "load"])]), pseudo(r)
    x, y = r.sample("abcdehijkmnpqstuvwxyz", 2)
    op, w = r.choice([("+", "add"), ("-", "subtract"), ("*", "multiply"), ("/", "divide")])
    p, m, s = r.choice([
        (f"def {w}({x}, {y}):\n    return ", f"{x} {op} {y}", "\n"),
        (f"def {w}({x}, {y}):\n    ", f"return {x} {op} {y}", f"\n\nprint({w}(1, 2))\n"),
        (f"def {f}({x}):\n    ", f"{y} = {x} + 1", f"\n    return {y}\n"),
        (f"for {x} in range(10):\n    ", f"print({x})", '\nprint("done")\n'),
        (f"function {w}({x}, {y}) {{\n  return ", f"{x} {op} {y}", ";\n}\n"),
        (f"function {w}({x}, {y}) {{\n  ", f"return {x} {op} {y};", "\n}\n"),
        (f"const {f} = ({x}) => ", f"{x} + 1", ";\n"),
        (f"for (let {x} = 0; {x} < 10; ", f"{x}++", ") {\n"),
        (f"import {f}\n\n{f}.", "run", "()\n"),
        (f"class {capital(f)}:\n    def __init__(self, {x}):\n        ", f"self.{x} = {x}", f"\n\n    def {g}(self):\n        return self.{x}\n"),
        (f"if {x} > {y}:\n    {f} = {x}\nelse:\n    ", f"{f} = {y}", f"\nprint({f})\n"),
        (f"let {f} = 0;\n", f"{f} += 1;", f"\nconsole.log({f});\n"),
    ])
    return dict(prompt=p, middle=m, suffix=s)


# ---------------------------------------------------------------- tools
def no_call(r):
    d = any_tool(r)[0]
    s = r.choice([cria, cria, talk, fact, meet])(r)
    return dict(s, tools=fill(r, [d], r.choice([1, 1, 2, 3])), thought="No tool is needed. " + s["thought"])


def one_call(r, synth=0.25):
    d, q, c, _, _ = any_tool(r, synth)
    return turn(r, polite(r, q), f"I will call {c[0]}.", "", tools=fill(r, [d], r.choice([1, 1, 1, 2, 2, 3, 4]), 0.35), calls=[c], p_system=0.15)


def lower(q):
    return q if q[:2] in ("I ", "I'") or q.split(" ")[0][1:2].isupper() else q[0].lower() + q[1:]


def two_calls(r, held=False):
    if r.random() < 0.6:
        t = r.choice([x for x in TOOLS if x["name"] in ("get_weather", "get_time", "read_file", "turn_on_light", "get_stock_price", "get_population", "search_web", "play_music")])
        (k, kind), = t["slots"].items()
        a, b = arg(r, kind, held), arg(r, kind, held)
        ask = r.choice([x for x in t["asks"] if x.count("{") == 1])
        q = ask.format(**{k: f"{a} and {'in ' if kind == 'CITY' and r.random() < 0.3 and 'in {' in ask else ''}{b}"})
        d, calls = declare(t["name"], t["description"], {k: "string"}), [(t["name"], {k: a}), (t["name"], {k: b})]
        ds = [d]
    else:
        x, y = known(r, held=held, plain=True), any_tool(r, 0.0 if held else 0.2) if not held else known(r, held=True, plain=True)
        q = x[1].rstrip(".?") + r.choice([" and ", ", and ", ". Then ", ". Also "]) + (lower(y[1]))
        calls, ds = [x[2], y[2]], [x[0]] + ([y[0]] if y[0]["function"]["name"] != x[0]["function"]["name"] else [])
        if len(ds) == 1 and ds[0] != y[0]:
            calls, q = [x[2]], x[1]
    return turn(r, q, "I need two calls." if len(calls) > 1 else f"I will call {calls[0][0]}.", "", tools=fill(r, ds, r.choice([1, 2, 2, 3])), calls=calls, p_system=0.1)


def tool_result(r, held=False):
    d, q, c, o, a = known(r, held=held, plain=held) if held else any_tool(r, 0.35)
    return sample(r, [user(q), assistant("", [c]), {"role": "tool", "content": dumps(o) if r.random() < 0.85 or len(o) > 1 else str(list(o.values())[0]), "tool_name": c[0]}],
                  "The tool has answered.", a, tools=fill(r, [d], r.choice([1, 1, 2])), system=r.choice([None, None, None, r.choice(SYSTEM)]))


def two_results(r):
    x, y = known(r, NAMES[r.choice(["get_weather", "get_time"])], plain=True), None
    y = known(r, NAMES[x[2][0]], plain=True)
    k = list(x[2][1])[0]
    q = f"{'What is the weather' if x[2][0] == 'get_weather' else 'What time is it'} in {x[2][1][k]} and {y[2][1][k]}?"
    ms = [user(q), assistant("", [x[2], y[2]])] + [{"role": "tool", "content": dumps(z[3]), "tool_name": z[2][0]} for z in (x, y)]
    return sample(r, ms, "The tools have answered.", x[4] + " " + y[4], tools=[x[0]])


def next_call(r):
    """After a call and its answer, another question."""
    t = r.choice(TOOLS)
    x, y = known(r, t, plain=True), known(r, t if r.random() < 0.6 else None, plain=True)
    q = y[1]
    if y[2][0] == x[2][0] and len(y[2][1]) == 1 and r.random() < 0.7:
        v = list(y[2][1].values())[0]
        q = r.choice(["And {v}?", "And for {v}?", "What about {v}?", "Now {v}."] + (["And in {v}?"] if "city" in y[2][1] else [])).format(v=v)
    ms = [user(x[1]), assistant("", [x[2]]), {"role": "tool", "content": dumps(x[3]), "tool_name": x[2][0]}, assistant(x[4]), user(q)]
    return sample(r, ms, f"I will call {y[2][0]}.", "", tools=fill(r, [x[0]] + ([y[0]] if y[2][0] != x[2][0] else []), 1), calls=[y[2]])


KINDS = dict(cria=cria, talk=talk, fact=fact, say=say, meet=meet, arithmetic=arithmetic, context=context, summary=summary, pick=pick, style=style,
             remember=remember, second_question=second_question, story=story, as_json=as_json, code=code, no_call=no_call, one_call=one_call,
             two_calls=two_calls, tool_result=tool_result, two_results=two_results, next_call=next_call)
# Samples per hundred, by phase: first short texts that are all copying, then everything.
COPY = dict(say=26, meet=8, pick=20, context=10, as_json=12, remember=6, code=6, one_call=8, summary=4)
ALL = dict(cria=34, talk=5, fact=5, say=2, meet=1.5, arithmetic=5, context=3.5, summary=1.5, pick=1.5, style=3, remember=3.5, second_question=2, story=1.2,
           as_json=5, code=2, no_call=4, one_call=17, two_calls=3, tool_result=4, two_results=0.7, next_call=2)


def draw(r, mix):
    k = r.choices(list(mix), list(mix.values()))[0]
    return k, KINDS[k](r)


if __name__ == "__main__":
    r = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    for k, make in KINDS.items():
        for _ in range(2):
            s = make(r)
            p, c = text(s)
            if "messages" in s:
                assert p == render.jinja(s["messages"], s["tools"], s["think"]), (p, render.jinja(s["messages"], s["tools"], s["think"]))
            print(f"--- {k}\n{p}\033[1m{c}\033[0m")
