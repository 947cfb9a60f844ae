"""What each rung stops, as a table: the calls of users and attacks are replayed, and rules decide which of them run.

table.py <version> <changes or reads: what get_webpage does> prints JSON. Rules stand for Entra, the APIs and the agent; measure.ts asks
the real ones.
"""

import json
import sys
from collections import Counter
from typing import NamedTuple

from dojo import SUITES, Suite, Turn, subtract

CARELESS = (0.01, 0.05, 0.1, 0.2, 0.5)


# Each rule says of a changing call (d4's: of any call) whether it runs.
def as_itself(turn, call):
    return False


def two_agents(turn, call):
    return bool(turn.changes)


def agent_per_api(turn, call):
    return len(turn.apis) > 1 or turn.suite.api[call.function] in turn.apis


def token_per_tool(turn, call):
    return call.function in turn.tools


def step_up(turn, call):
    expected = {turn.suite.api[one.function] for one in turn.changes if turn.is_dangerous(one)}
    return not turn.is_dangerous(call) or turn.suite.api[call.function] in expected


def careful(turn, call):
    approved = not subtract([call], turn.left)
    if approved:
        turn.left = subtract(turn.left, [call])
    return approved


def title_only(turn, call):
    return call.function in {one.function for one in turn.changes}


class Rung(NamedTuple):
    rules: tuple = ()
    user: object = None  # Who approves each change that the rules let through.


RUNGS = {
    "a": Rung(),
    "b": Rung(),
    "b0": Rung((as_itself,)),
    "c": Rung(),
    "d1": Rung((two_agents,)),
    "d2": Rung((agent_per_api,)),
    "d4": Rung((token_per_tool,)),
    "f": Rung((step_up,)),
    "d2-f": Rung((agent_per_api, step_up)),
    "e": Rung((), careful),
    "e-title": Rung((), title_only),
    "d2-e": Rung((agent_per_api,), careful),
    "d2-e-title": Rung((agent_per_api,), title_only),
    "f-e-title": Rung((step_up,), title_only),
    "d2-f-e-title": Rung((agent_per_api, step_up), title_only),
}


class Replay:
    def __init__(self, suite, rung, task, environment):
        self.suite, self.rung, self.environment = suite, rung, environment
        self.turn = Turn(suite, task, environment)
        self.made, self.asked = [], 0

    def run(self, calls) -> list:
        """Makes the calls that may run, and returns them."""
        ran = [call for call in calls if self.decide(call)]
        for call in ran:
            self.suite.runtime.run_function(self.environment, call.function, call.args)
        self.made += ran
        return ran

    def decide(self, call) -> bool:
        changes = call.function in self.suite.changing
        rules = [rule for rule in self.rung.rules if changes or rule is token_per_tool]
        if not all(rule(self.turn, call) for rule in rules):
            return False
        if not changes or self.rung.user is None:
            return True
        self.asked += 1
        return self.rung.user(self.turn, call)


def measure(suite, rung, points) -> Counter:
    count = Counter()
    careless = dict.fromkeys(CARELESS, (0.0, 0.0))
    for task in suite.dojo.user_tasks.values():
        clean, base = Replay(suite, rung, task, suite.environment(task)), suite.environment(task)
        clean.run(clean.turn.wanted)
        done = suite.utility(task, base, clean.environment, clean.made) and len(clean.made) == len(clean.turn.wanted)
        count.update(tasks=1, tasksDone=int(done), approvals=clean.asked)
        count["mostApprovals"] = max(count["mostApprovals"], clean.asked)
        for attack in suite.dojo.injection_tasks.values():
            replay = Replay(suite, rung, task, base.model_copy(deep=True))
            wanted, point = replay.turn.wanted, points[task.ID] + 1
            replay.run(wanted[:point])
            before, asked = replay.environment.model_copy(deep=True), replay.asked
            ran = replay.run(suite.attack(attack, before))
            succeeds = suite.succeeds(attack, before, replay.environment, ran)
            reads = len(ran) - len(suite.changes(ran))
            asked_injected = replay.asked - asked
            replay.run(wanted[point:])
            outcome = "whole" if succeeds else "partly" if suite.changes(ran) else "stopped"
            count.update({"pairs": 1, outcome: 1, "readsForAttacker": int(reads > 0), "askedByAttacker": asked_injected})
            done = suite.utility(task, base, replay.environment, replay.made) and not subtract(wanted, replay.made)
            count["tasksDoneUnderAttack"] += int(done)
            if rung.user is careful:  # Of a careless user's, exactly, since a careful one approves none of these.
                for p, (whole, some) in careless.items():
                    passes = p**asked_injected if succeeds or could_succeed(suite, rung, task, attack, before) else 0
                    careless[p] = (whole + passes, some + 1 - (1 - p) ** asked_injected)
    if rung.user is careful:
        count["careless"] = {p: {"whole": round(whole, 1), "any": round(some, 1)} for p, (whole, some) in careless.items()}
    return count


def could_succeed(suite, rung, task, attack, before) -> bool:
    """Whether the attack succeeds if the user approves everything."""
    replay = Replay(suite, rung._replace(user=lambda turn, call: True), task, before.model_copy(deep=True))
    return suite.succeeds(attack, before, replay.environment, replay.run(suite.attack(attack, before)))


def main() -> None:
    _, version, webpage = sys.argv
    table = {name: {} for name in RUNGS}
    for suite in (Suite(version, name, webpage) for name in SUITES):
        points = {task.ID: suite.first_injected(task) for task in suite.dojo.user_tasks.values()}
        for name, rung in RUNGS.items():
            table[name][suite.name] = measure(suite, rung, points)
    print(json.dumps(table))


main()
