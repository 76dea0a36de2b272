"""What the two models are trained on, endless and never the test set; and the test set itself.

    python data.py FOLDER     writes FOLDER/search.json, the test set
"""

import json
import random
import sys
from pathlib import Path

from world import RELATIONS, Fact, Names, family_facts

TEST_FILE = Path(__file__).resolve().parent / "search.json"
TEST_SEED = 20261123


def make_test():
    """1,000 passages about entities that share words, and 100 questions, each answered by exactly one of them.

    `new_wording` has 50 more questions, asked with words that training never has for them; they are told, not judged.
    """
    rng = random.Random(TEST_SEED)
    names = Names(rng, for_test=True)
    facts, seen = [], set()
    while len(facts) < 1000:
        for of_entity in family_facts(names, rng.choice((3, 4, 5))):
            for fact in of_entity:
                # One fact of a kind for an entity: no second passage answers its question.
                key = (fact.entity, fact.relation)
                if key not in seen and fact.text not in seen and len(facts) < 1000:
                    seen.update((key, fact.text))
                    facts.append(fact)
    rng.shuffle(facts)
    by_kind = {kind: [i for i, fact in enumerate(facts) if fact.kind == kind] for kind in RELATIONS}

    def questions(n, held_out):
        found, taken = [], set()
        while len(found) < n:
            i = rng.choice(by_kind[rng.choice(sorted(by_kind))])
            query = facts[i].ask(rng, held_out)
            if i not in taken and query is not None:
                taken.add(i)
                found.append({"query": query, "passage": i})
        return found

    return {
        "passages": [fact.text for fact in facts],
        "queries": questions(100, False),
        "new_wording": questions(50, True),
    }


class Training:
    """Groups of facts that are hard to tell apart, without anything that the test set has."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.names = Names(self.rng, for_test=False)
        test = json.loads(TEST_FILE.read_text())
        self.banned = {*test["passages"], *(q["query"] for part in ("queries", "new_wording") for q in test[part])}

    def family(self, n_each):
        """Facts by entity, each with a question that it answers."""
        while True:
            entities = [[(fact, fact.ask(self.rng, False)) for fact in facts] for facts in family_facts(self.names, n_each)]
            if all(fact.text not in self.banned and query not in self.banned for facts in entities for fact, query in facts):
                return entities

    def pairs(self, n):
        """`n` questions with their answers; whole families, so that the wrong answers of one are the right ones of another."""
        found = []
        while len(found) < n:
            found += [(query, fact.text) for facts in self.family(4) for fact, query in facts]
        return found[:n]

    def lists(self, n, n_wrong, n_hard):
        """`n` questions, each with its answer first and `n_wrong` others: `n_hard` of the same entity or of its namesakes, the rest any."""
        rng, found = self.rng, []
        pool = [fact for _ in range(8) for facts in self.family(3) for fact, _ in facts]
        while len(found) < n:
            family = self.family(5)
            for e, facts in enumerate(family):
                for f, (fact, query) in enumerate(facts):
                    own = [other.text for other, _ in facts if other is not fact]
                    namesakes = [entity[f][0].text for i, entity in enumerate(family) if i != e]
                    unlike = [rng.choice(entity)[0].text for i, entity in enumerate(family) if i != e]
                    wrong = namesakes + rng.sample(own, min(3, len(own))) + unlike[:1] + self.same_question(fact)
                    wrong = [text for text in dict.fromkeys(wrong) if text != fact.text]
                    wrong = rng.sample(wrong, min(n_hard, len(wrong)))
                    wrong += [other.text for other in rng.sample(pool, n_wrong - len(wrong))]
                    found.append((query, [fact.text, *wrong]))
        rng.shuffle(found)
        return found[:n]

    def same_question(self, fact):
        """The same about an entity whose name has nothing in common with the fact's."""
        entity = self.names.family(fact.kind)[0]
        return [] if entity == fact.entity else [Fact(self.names, fact.kind, entity, fact.relation).text]

    def texts(self, n):
        found = []
        while len(found) < n:
            found += [text for facts in self.family(5) for fact, query in facts for text in (fact.text, query)]
        return found


if __name__ == "__main__":
    test = make_test()
    Path(sys.argv[1], "search.json").write_text(json.dumps(test, indent=0, ensure_ascii=False) + "\n")
