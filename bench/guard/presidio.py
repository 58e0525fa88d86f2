"""Presidio's side of bench/guard/run, run by the Python of its own environment: reads {"texts", "words", "rules",
"numbers"} from standard input, analyses the texts for as long as it is told, prints one line of JSON.

Presidio gets what the guard does that its recognisers can say: a pattern for each kind of number, one for the words, one
for each rule. No names: the model that would find them is not in the package, so its work is less than ours."""
import json
import sys
import time

import spacy
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine


class Characters(SpacyNlpEngine):
    """spaCy's Chinese without a model: the text cut into characters."""

    def __init__(self):
        super().__init__()
        self.nlp = {"zh": spacy.blank("zh")}

    def load(self):
        """Nothing to load."""


def recognisers(job):
    for i, (kind, regex) in enumerate(job["numbers"]):
        yield PatternRecognizer(f"NUMBER_{i}", patterns=[Pattern(kind, regex, 0.9)], supported_language="zh")
    words = "|".join(job["words"])
    yield PatternRecognizer("WORD", patterns=[Pattern("words", words, 0.9)], supported_language="zh")
    for i, regex in enumerate(job["rules"]):
        yield PatternRecognizer(f"RULE_{i}", patterns=[Pattern(f"rule {i}", regex, 0.9)], supported_language="zh")


def main():
    job = json.load(sys.stdin)
    registry = RecognizerRegistry(recognizers=list(recognisers(job)), supported_languages=["zh"])
    engine = AnalyzerEngine(registry=registry, nlp_engine=Characters(), supported_languages=["zh"])
    found = bytes_done = 0
    times = []
    engine.analyze(job["texts"][0], language="zh")  # patterns are compiled by the first call
    for text in job["texts"]:
        began = time.process_time()
        found += len(engine.analyze(text, language="zh"))
        times.append(time.process_time() - began)
        bytes_done += len(text.encode())
        if sum(times) > job["seconds"]:
            break
    times.sort()
    print(json.dumps({"bytes": bytes_done, "texts": len(times), "found": found,
                      "mb_s": bytes_done / sum(times) / 1e6, "p50_ms": times[len(times) // 2] * 1e3,
                      "p99_ms": times[len(times) - 1 - len(times) // 100] * 1e3}))


if __name__ == "__main__":
    main()
