#!/usr/bin/env python3
"""Writes what Python's jinja2 makes of the test templates, for the tests of src/template/jinja.

    python3 -m venv /tmp/jinja && /tmp/jinja/bin/pip install jinja2
    git clone node_modules/node-llama-cpp/llama/gitRelease.bundle /tmp/llama
    /tmp/jinja/bin/python scripts/jinja-reference.py /tmp/llama/models/templates

The environment is set up as `apply_chat_template` of transformers does: sandboxed and immutable, trim_blocks,
lstrip_blocks, loop controls, the `generation` tag, and its own tojson, raise_exception and strftime_now.
"""

import json
import pathlib
import random
import sys
from datetime import datetime

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

TESTDATA = pathlib.Path(__file__).parent.parent / "src" / "template" / "jinja" / "testdata"
NOW = datetime(2025, 7, 14, 9, 5, 3)


class Generation(Extension):
    """`{% generation %}` marks the assistant's text; rendering is not changed by it."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def make_environment(base):
    env = base(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


TRANSFORMERS = make_environment(ImmutableSandboxedEnvironment)
# What llama.cpp allows beyond that, and some templates need: lists can be changed, JSON can be read, and what a filter
# selected can be written as JSON.
LENIENT = make_environment(SandboxedEnvironment)
LENIENT.filters["from_json"] = json.loads
LENIENT.filters["tojson"] = lambda x, **options: json.dumps(x, **{"ensure_ascii": False, **options}, default=list)


def render_with(env, source, context):
    try:
        return env.from_string(source).render(**json.loads(json.dumps(context)))
    except Exception as error:  # whatever it is, the template refuses
        return {"error": f"{type(error).__name__}: {error}"}


def is_beyond_transformers(result):
    text = result["error"] if isinstance(result, dict) else ""
    reasons = ["SecurityError: access to attribute", "No filter named 'from_json'", "Object of type generator"]
    return any(reason in text for reason in reasons) and "'__" not in text


def render(source, context):
    result = render_with(TRANSFORMERS, source, context)
    return render_with(LENIENT, source, context) if is_beyond_transformers(result) else result


def render_templates(folder):
    conversations = json.loads((TESTDATA / "conversations.json").read_text())
    result = {}
    for path in sorted(folder.glob("*.jinja")):
        source = path.read_text()
        result[path.name] = {}
        for name, context in conversations.items():
            result[path.name][name] = render(source, context)
    return result


def render_snippets():
    """Cases are separated by lines of dashes."""
    context = json.loads((TESTDATA / "snippet-context.json").read_text())
    cases = (TESTDATA / "snippets.txt").read_text().split("\n----\n")
    return [[case, render(case, context)] for case in cases]


def random_whitespace_case(rng):
    """Text, tags and comments with all white-space signs at random."""
    space = lambda: "".join(rng.choice([" ", "\n", "\t", "", "  ", "\n\n", " \n"]) for _ in range(rng.randint(0, 3)))
    sign = lambda: rng.choice(["", "", "-", "+"])
    minus = lambda: rng.choice(["", "", "-"])
    def piece(depth):
        kind = rng.randint(0, 8 if depth < 3 else 4)
        if kind <= 1:
            return rng.choice(["a", "b c", "é", "", "\r\n", "{", "}", "%"]) + space()
        if kind == 2:
            return "{{" + minus() + " " + rng.choice(["1", "'x'", "' y\\n'", "{'a': {'b': 2}}.a.b"]) + " " + minus() + "}}"
        if kind == 3:
            return "{#" + sign() + " note " + sign() + "#}"
        if kind == 4:
            return "{%" + sign() + " set v = 1 " + sign() + "%}"
        inner = space() + pieces(depth + 1) + space()
        if kind == 5:
            return "{%" + sign() + " if true " + sign() + "%}" + inner + "{%" + sign() + " endif " + sign() + "%}"
        if kind == 6:
            return "{%" + sign() + " for i in [1, 2] " + sign() + "%}" + inner + "{%" + sign() + " endfor " + sign() + "%}"
        if kind == 7:
            return "{%" + sign() + " raw " + minus() + "%}" + space() + "{{ x }}{% y" + space() + "{%" + sign() + " endraw " + sign() + "%}"
        return "{%" + sign() + " set v " + sign() + "%}" + inner + "{%" + sign() + " endset " + sign() + "%}[{{ v }}]"
    def pieces(depth):
        return "".join(piece(depth) + space() for _ in range(rng.randint(1, 4)))
    return pieces(0)


def render_whitespace():
    rng = random.Random(7)
    cases = [random_whitespace_case(rng) for _ in range(400)]
    return [[case, render(case, {})] for case in cases]


ATOMS = [
    "0", "1", "2", "-3", "7", "2.5", "-0.5", "1e3", "true", "false", "none", "''", "'a'", "'ab c'", "'x,y'", "[]", "[1, 2]",
    "['b', 'a']", "(1, 2)", "{}", "{'a': 1, 'b': [2]}", "missing", "range(3)", "'Zé😀'", "'12'",
]
# Variables, since jinja2 evaluates constants at compile time, where some errors become undefined values.
ATOM_NAMES = "".join(f"{{% set v{i} = {atom} %}}" for i, atom in enumerate(ATOMS))


def random_expression(rng, depth=0):
    """Arithmetic, comparison, slicing, methods and filters at random; many are type errors, which must stay errors."""
    if depth > 3 or rng.random() < 0.15:
        return f"v{rng.randrange(len(ATOMS))}"
    sub = lambda: random_expression(rng, depth + 1)
    return rng.choice(
        [
            lambda: f"({sub()} {rng.choice(['+', '-', '*', '/', '//', '%', '~', '~', 'and', 'or'])} {sub()})",
            lambda: f"({sub()} {rng.choice(['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'])} {sub()})",
            lambda: f"({sub()} if {sub()} else {sub()})",
            lambda: f"({rng.choice(['not', '-', '+'])} {sub()})",
            lambda: f"{sub()}[{rng.choice(['0', '-1', '1', '5', ':1', '1:', '::-1', '-2:', ':-1', '::2', repr('a')])}]",
            lambda: f"{sub()}.{rng.choice(['a', 'b', '0', 'upper()', 'split()', 'items() | list', 'strip()', 'keys() | list'])}",
            lambda: f"({sub()} | {rng.choice(['length', 'string', 'upper', 'trim', 'list', 'first', 'last', 'int', 'float', 'tojson', 'sort', 'abs', 'round', 'join', 'sum', 'min', 'max', 'unique | list', 'reverse | list', 'title', 'default(5)', 'batch(2) | list', 'e', 'escape', 'safe', 'wordcount', 'urlencode', 'dictsort', 'items | list', 'select | list', 'capitalize', 'indent', 'center(7)'])})",
            lambda: f"({sub()} is {rng.choice(['', 'not '])}{rng.choice(['defined', 'none', 'string', 'number', 'mapping', 'sequence', 'iterable', 'true', 'false', 'boolean', 'integer', 'float', 'even', 'odd', 'lower', 'upper', 'eq(1)', 'in([1])', 'divisibleby(2)', 'escaped', 'callable'])})",
            lambda: f"[{sub()}, {sub()}]",
            lambda: f"({sub()}, {sub()})",
            lambda: "{" + f"{rng.choice(['1', repr('k'), 'none', 'true'])}: {sub()}" + "}",
            lambda: f"({rng.choice(['%s', '%d', '%5.1f|', '%r', 'x'])!r} % {sub()})",
            lambda: f"{rng.choice(['{}', '{:>4}', '{!r}', '{:.1f}', '{:d}'])!r}.format({sub()})",
        ]
    )()


def render_expressions():
    rng = random.Random(11)
    cases = ["{{ " + random_expression(rng) + " }}" for _ in range(2000)]
    results = [[case, render(ATOM_NAMES + case, {})] for case in cases]
    # Addresses differ from run to run; of the errors only that they are errors is compared.
    shown = lambda text: {"error": text["error"].split(":")[0]} if isinstance(text, dict) else text
    cases = [[case, shown(text)] for case, text in results if " at 0x" not in str(text)]
    return {"prefix": ATOM_NAMES, "cases": cases}


def write(name, data):
    text = json.dumps(data, ensure_ascii=False, indent=1)
    (TESTDATA / name).write_text(text + "\n")
    print(f"{name}: {len(text)} characters")


if __name__ == "__main__":
    write("templates.expected.json", render_templates(pathlib.Path(sys.argv[1])))
    write("snippets.expected.json", render_snippets())
    write("expressions.expected.json", render_expressions())
    write("whitespace.expected.json", render_whitespace())
