"""What the Python programs of this folder share: the engine's strings to pull, a runner that prints one
line of JSON for each case."""
import json
import os
import sys
import unittest
import urllib.request

MODEL = "scripted"
STRAIGHT = os.environ.get("STRAIGHT") == "1"
MESSAGES = [{"role": "system", "content": "你是政务助手。"},
            {"role": "user", "content": "高龄津贴怎么领？"}]


class Engine:
    """The scripted engine, over its control port."""

    def __init__(self):
        self.url = os.environ["ENGINE"] + "/control/"

    def ask(self, path, body=None):
        data = None if path == "requests" else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data), timeout=10) as r:
            return json.load(r)

    def next(self, *behaviours):
        self.ask("next", list(behaviours))

    def always(self, behaviour):
        self.ask("always", behaviour)

    def requests(self):
        return self.ask("requests")

    def last(self):
        return self.requests()[-1]["body"]


class Case(unittest.TestCase):
    engine = Engine()

    def setUp(self):
        self.engine.ask("reset")
        self.engine.always({"kind": "plain", "text": "您好。"})


class Lines(unittest.TestResult):
    """One line of JSON for each case, as it ends."""

    @staticmethod
    def say(test, ok, why=""):
        name = test.shortDescription() or str(test)
        print(json.dumps({"name": name, "ok": ok, "why": why}, ensure_ascii=False), flush=True)

    def addSuccess(self, test):
        self.say(test, True)

    def addError(self, test, err):
        self.say(test, False, self._exc_info_to_string(err, test))

    def addFailure(self, test, err):
        self.addError(test, err)

    def addSkip(self, test, reason):
        self.say(test, True, reason)


def main():
    loaded = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    loaded.run(Lines())
