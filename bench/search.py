#!/usr/bin/env python3
"""bench/search: our index beside tantivy and SQLite FTS5, same articles, same questions, one run.

    python3 bench/search.py [--corpus FILE] [--questions FILE]

All three get title, heading and text of every article, and rank the best 50 for the pairs of
neighbouring characters of each question (tantivy and FTS5: the pairs joined by blanks, any of them,
BM25). tantivy is taken when Python has it (pip install tantivy); it is not needed by tongban.
Prints one JSON line per row and a table at the end."""
import argparse, json, os, re, sqlite3, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "shared", "data")
RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")


def pairs(text):
    out = []
    for r in RUN.findall(text.lower()):
        if len(r) == 1 or r[0] < "\u3400":
            out.append(r)
        else:
            out += [r[i:i + 2] for i in range(len(r) - 1)]
    return out


def quantiles(ms):
    v = sorted(ms)
    at = lambda q: round(v[min(len(v) - 1, int(len(v) * q))], 3)
    return {"p50_ms": at(.5), "p95_ms": at(.95), "p99_ms": at(.99), "max_ms": round(v[-1], 3)}


def run_fts5(docs, questions):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(c, content='', tokenize='unicode61')")
    start = time.perf_counter()
    db.executemany("INSERT INTO t(rowid, c) VALUES (?, ?)", ((i + 1, d) for i, d in enumerate(docs)))
    db.commit()
    built = time.perf_counter() - start
    ms = []
    for q in questions:
        match = " OR ".join(f'"{p}"' for p in dict.fromkeys(q))
        start = time.perf_counter()
        db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 50", (match,)).fetchall()
        ms.append((time.perf_counter() - start) * 1000)
    return {"what": "SQLite FTS5 " + sqlite3.sqlite_version, "index_s": round(built, 2), **quantiles(ms)}


def run_tantivy(docs, questions):
    try:
        import tantivy
    except ImportError:
        return {"what": "tantivy", "skipped": "pip install tantivy"}
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("c", stored=False, tokenizer_name="whitespace", index_option="freq")
    index = tantivy.Index(schema.build())
    start = time.perf_counter()
    w = index.writer(heap_size=256_000_000, num_threads=1)
    for d in docs:
        w.add_document(tantivy.Document(c=d))
    w.commit()
    w.wait_merging_threads()
    index.reload()
    built = time.perf_counter() - start
    s = index.searcher()
    Q, O = tantivy.Query, tantivy.Occur
    ms = []
    for q in questions:
        start = time.perf_counter()
        query = Q.boolean_query([(O.Should, Q.term_query(index.schema, "c", p)) for p in dict.fromkeys(q)])
        s.search(query, 50, count=False)
        ms.append((time.perf_counter() - start) * 1000)
    return {"what": "tantivy", "index_s": round(built, 2), **quantiles(ms)}


def run_ours(corpus, questions, dump):
    binary = os.path.join(HERE, "..", "build", "bench", "search")
    out = subprocess.run([binary, corpus, questions, "--dump", dump], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--corpus", default=os.path.join(DATA, "laws", "laws.tar.xz"))
    ap.add_argument("--questions", default=os.path.join(DATA, "retrieval", "stard_dev.jsonl"))
    a = ap.parse_args()
    if not os.path.exists(a.corpus) or not os.path.exists(a.questions):
        print("skipped: no shared data")
        return
    with tempfile.TemporaryDirectory() as tmp:
        dump = os.path.join(tmp, "articles.txt")
        rows = run_ours(a.corpus, a.questions, dump)
        docs = [" ".join(pairs(line)) for line in open(dump, encoding="utf-8")]
    questions = [pairs(json.loads(l)["question"]) for l in open(a.questions, encoding="utf-8") if l.strip()]
    rows += [run_tantivy(docs, questions), run_fts5(docs, questions)]
    for r in rows:
        print(json.dumps(r, ensure_ascii=False))


if __name__ == "__main__":
    main()
