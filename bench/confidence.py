#!/usr/bin/env python3
"""Fits the weights of src/knowledge/confidence.c on a city's approved questions.

Every standard question is looked at twice: with its documents (a clause answers it) and with the documents it cites
taken out of the hits (no clause does). Prints the weights in the order of confidence.c, and how many of both kinds
they tell apart. Questions kept for evaluation are only counted, never fitted.

  bench/confidence.py --data DIR --city demo [--words-only] [--program build/tongban]
"""
import argparse
import json
import math
import subprocess

import yaml

p = argparse.ArgumentParser()
p.add_argument("--data", required=True)
p.add_argument("--city", default="demo")
p.add_argument("--program", default="build/tongban")
p.add_argument("--words-only", action="store_true")
o = p.parse_args()


def search(question, day=None):
    args = [o.program, "search", question, "--json", "--limit", "60", "--data", o.data]
    args += ["--words-only"] if o.words_only else []
    args += ["--as-of", str(day)] if day else []
    j = json.loads(subprocess.run(args, capture_output=True, text=True, check=True).stdout)
    return [dict(c, **m) for c, m in zip(j["clauses"], j["marks"])]


def mean(v):
    return sum(v) / len(v) if v else 0.0


def features(hits):
    """As in confidence.c; None where it gives 0."""
    if len(hits) < 6:
        return None
    score = [h["score"] for h in hits]
    weight = [math.exp((s - score[0]) / 8) for s in score[:10]]
    by = {}
    for h, w in zip(hits, weight):
        by[h["version"]] = by.get(h["version"], 0) + w
    near = sorted((h["cosine"] for h in hits), reverse=True)
    return [
        score[0] / 100,
        (score[0] - mean(score[5:50])) / 20,
        max(by.values()) / sum(weight),
        len({h["version"] for h in hits[:6]}) / 6,
        near[0] - mean(near[10:40]) if not o.words_only and len(near) > 10 else 0.0,
        max(h["cover"] for h in hits[:3]),
    ]


def within(clause, whole):
    return clause.startswith(whole) and (clause == whole or clause[len(whole)] in "第（表")


def fit(x, y):
    """Logistic regression, L2, by gradient descent on standardised features."""
    n = len(x[0])
    mid = [mean([r[i] for r in x]) for i in range(n)]
    dev = [math.sqrt(mean([(r[i] - mid[i]) ** 2 for r in x])) or 1.0 for i in range(n)]
    z = [[(r[i] - mid[i]) / dev[i] for i in range(n)] for r in x]
    w, b = [0.0] * n, 0.0
    for _ in range(4000):
        gw, gb = [v / len(z) for v in w], 0.0
        for r, t in zip(z, y):
            e = 1 / (1 + math.exp(-(b + sum(a * v for a, v in zip(w, r))))) - t
            gb += e / len(z)
            for i in range(n):
                gw[i] += e * r[i] / len(z)
        w = [v - 0.5 * g for v, g in zip(w, gw)]
        b -= 0.5 * gb
    w = [v / d for v, d in zip(w, dev)]
    return w, b - sum(v * m for v, m in zip(w, mid))


def confidence(w, b, f):
    return 1 / (1 + math.exp(-(b + sum(v * t for v, t in zip(w, f))))) if f else 0.0


x, y = [], []
for a in yaml.safe_load(open(f"{o.city}/standard_answers.yaml", encoding="utf-8")):
    gold = [(str(c["document"]), str(c["clause"])) for c in a["citations"]]
    numbers = {d for d, _ in gold}
    for q in a["questions"]:
        hits = search(q)
        found = any(h["document_number"] == d and within(h["clause"], c) for h in hits[:12] for d, c in gold)
        for f, label in ((features(hits) if found else None, 1),
                         (features([h for h in hits if h["document_number"] not in numbers]), 0)):
            if f:
                x.append(f)
                y.append(label)
w, b = fit(x, y)
print("weights", ", ".join(f"{v:.4f}" for v in w + [b]))
for least in (0.3, 0.4, 0.47, 0.5, 0.6):
    kept = [confidence(w, b, f) >= least for f in x]
    right = sum(k == bool(t) for k, t in zip(kept, y))
    print(f"fitted on: at {least}: {right} of {len(y)} right")
told = []
for q in yaml.safe_load(open(f"{o.city}/questions.yaml", encoding="utf-8")):
    told.append((confidence(w, b, features(search(q["ask"], q.get("as_of")))), q["kind"] != "none", q["id"]))
for least in (0.3, 0.4, 0.47, 0.5, 0.6):
    print(f"kept aside: at {least}: answers {sum(c >= least for c, k, _ in told if k)} of {sum(k for _, k, _ in told)}, "
          f"refuses {sum(c < least for c, k, _ in told if not k)} of {sum(not k for _, k, _ in told)}")
