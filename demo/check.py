#!/usr/bin/env python3
"""Checks that the sample city agrees with itself; prints "N passed, N failed".

Usage: python3 demo/check.py [--verbose]
Needs python3 and PyYAML. Exits 1 when anything fails.
"""
import datetime
import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
TODAY = datetime.date(2026, 11, 21)
ROLES = {"clerk", "guardian", "department_admin", "auditor", "security_officer", "system_admin"}
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}
CN = "[一二三四五六七八九十百]+"
DATE = r"(\d{4})年(\d{1,2})月(\d{1,2})日"
ARTICLE = re.compile(rf"^(第{CN}条) (.*)$")
HEADING = re.compile(rf"^({CN})、(.*)$")
ITEM = re.compile(rf"^（({CN})）(.*)$")
CHAPTER = re.compile(rf"^## (第{CN}章) \S+$")
HEADERS = ["发文字号", "印发机关", "成文日期", "施行日期", "失效日期"]
NUMBER = re.compile(r"^\w+〔(\d{4})〕[1-9]\d*号$")
PHONE = re.compile(r"0\d{3}-\d{7}")
REPEAL = re.compile(r"《([^》]+)》（([^）]+号)）同时废止")

passed, failed = 0, []


def check(ok, what):
    global passed
    if ok:
        passed += 1
        if "--verbose" in sys.argv:
            print("ok  ", what)
    else:
        failed.append(what)
        print("FAIL", what)
    return bool(ok)


def from_cn(text):
    """一 .. 九十九 as a number."""
    if "十" not in text:
        return DIGITS[text]
    tens, ones = text.split("十")
    return (DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0)


def to_date(text):
    m = re.search(DATE, text or "")
    return datetime.date(*map(int, m.groups())) if m else None


class Policy:
    """One Markdown policy: its head, and its clauses by name (第五条, 一, 一（二）)."""

    def __init__(self, path):
        self.path, self.head, self.clauses, self.chapters = path, {}, {}, []
        lines = path.read_text(encoding="utf-8").split("\n")
        self.title = lines[0][2:] if lines[0].startswith("# ") else ""
        at = None
        for line in lines[1:]:
            key = line.split("：", 1)[0]
            if at is None and key in HEADERS and not self.clauses:
                self.head[key] = line.split("：", 1)[1]
                continue
            at = self.line(line, at)
        self.number = self.head.get("发文字号", "")
        self.start = to_date(self.head.get("施行日期"))
        self.end = to_date(self.head.get("失效日期"))
        self.last = list(self.clauses.values())[-1] if self.clauses else ""
        self.repealed_by = None

    def line(self, line, at):
        article, heading, item = ARTICLE.match(line), HEADING.match(line), ITEM.match(line)
        if CHAPTER.match(line):
            self.chapters.append(CHAPTER.match(line)[1])
            return None
        if article:
            self.clauses[article[1]] = line
            return article[1]
        if heading:
            self.clauses[heading[1]] = line
            return heading[1]
        if at and not at.startswith("第") and item:
            whole = at.split("（")[0]
            self.clauses[whole] += "\n" + line
            self.clauses[f"{whole}（{item[1]}）"] = line
            return f"{whole}（{item[1]}）"
        if at:
            self.clauses[at] += "\n" + line
            if "（" in at:
                self.clauses[at.split("（")[0]] += "\n" + line
        return at

    def numbered(self):
        """Articles, notice headings and chapters count up from one without a gap."""
        names = [n for n in self.clauses if "（" not in n]
        counts = [from_cn(n.strip("第条")) for n in names]
        chapters = [from_cn(c.strip("第章")) for c in self.chapters]
        return counts == list(range(1, len(counts) + 1)) and \
            chapters == list(range(1, len(chapters) + 1))

    def in_force(self, day):
        """The day of 施行 and the day of 失效 are both in force; a later version ends it."""
        if self.start > day or (self.end and day > self.end):
            return False
        return not (self.repealed_by and day >= self.repealed_by.start)


def load(name):
    return yaml.safe_load((HERE / name).read_text(encoding="utf-8"))


def check_city(city):
    for key in ("name", "division_code", "hotline"):
        check(isinstance(city.get(key), str) and city[key], f"city.yaml: {key} is text")
    check(re.fullmatch(r"99\d{4}", city["division_code"]), "division code is an invented one")
    texts = city["portal"].values()
    check(all(isinstance(v, str) and v for v in texts), "portal holds text fields")
    departments = city["departments"]
    check(len(departments) >= 12, "at least 12 departments")
    for key in ("id", "name", "short"):
        values = [d[key] for d in departments]
        check(len(set(values)) == len(values), f"department {key} is unique")
    for d in departments:
        ok = re.fullmatch(r"[a-z]+", d["id"]) and d["name"].startswith(city["name"])
        ok = ok and d["duties"] and PHONE.fullmatch(d["phone"]) and d["windows"]
        check(ok, f"department {d['id']} is whole")
        for w in d["windows"]:
            whole = all(w.get(k) for k in ("name", "address", "hours"))
            check(whole and PHONE.fullmatch(w["phone"]), f"window {w['name']} is whole")
    phones = [d["phone"] for d in departments]
    phones += [w["phone"] for d in departments for w in d["windows"]]
    check(len(set(phones)) == len(phones), "every phone belongs to one place")
    return {d["id"]: d for d in departments}, set(phones)


def check_users(users, departments):
    logins = [u["login"] for u in users]
    check(len(users) >= 12, "at least 12 users")
    check(len(set(logins)) == len(logins), "logins are unique")
    check({u["role"] for u in users} == ROLES, "users of every role")
    for u in users:
        fields = set(u) == {"login", "name", "role", "department", "title"}
        check(fields and u["role"] in ROLES and u["department"] in departments,
              f"user {u['login']} is whole")
    return {u["login"]: u for u in users}


def check_term(p):
    """What the last clause says of its start and term agrees with the head."""
    check(to_date(p.last) == p.start, f"{p.path.name}: last clause says 施行 as the head does")
    years = re.search(rf"有效期({CN})年", p.last)
    until = re.search("有效期至" + DATE, p.last)
    if years:
        end = p.start.replace(year=p.start.year + from_cn(years[1])) - datetime.timedelta(days=1)
        check(end == p.end, f"{p.path.name}: 有效期 agrees with 失效日期")
    elif until:
        check(to_date(until[0]) == p.end, f"{p.path.name}: 有效期至 agrees with 失效日期")
    else:
        check(p.end is None, f"{p.path.name}: no term, no 失效日期")


def check_policy(p, names, phones):
    name = p.path.name
    check(re.fullmatch(r"[a-z0-9-]+\.md", name), f"{name}: ASCII slug")
    check(p.title and NUMBER.match(p.number), f"{name}: title and 文号 are well formed")
    check(p.head.get("印发机关") in names, f"{name}: 印发机关 is a department")
    issued = to_date(p.head.get("成文日期"))
    check(issued and p.start and issued <= p.start, f"{name}: dates parse and are in order")
    check(issued and NUMBER.match(p.number) and str(issued.year) == NUMBER.match(p.number)[1],
          f"{name}: year of 文号 is the year of 成文")
    check(p.end is None or p.end > p.start, f"{name}: 失效 after 施行")
    notice = not any(c.startswith("第") for c in p.clauses)
    count = len([c for c in p.clauses if "（" not in c])
    check((4 if notice else 7) <= count <= 25 and p.numbered(), f"{name}: {count} clauses in order")
    text = p.path.read_text(encoding="utf-8")
    check(set(PHONE.findall(text)) <= phones, f"{name}: phones stand in city.yaml")
    check_term(p)


def check_repeals(policies):
    """Repeal clauses name a document that is here, by title and number; dates follow."""
    for p in policies.values():
        for title, number in REPEAL.findall(p.last):
            old = policies.get(number)
            ok = old and old.title == title and old.start < p.start
            ok = ok and (old.end is None or old.end >= p.start - datetime.timedelta(days=1))
            if check(ok, f"{p.path.name}: repeals {title}（{number}） that is here"):
                old.repealed_by = p
        check("废止" not in p.last or REPEAL.search(p.last),
              f"{p.path.name}: 废止 by name and number")


def check_states(policies):
    every = list(policies.values())
    superseded = [p for p in every if p.repealed_by and p.repealed_by.start <= TODAY]
    expired = [p for p in every if p.end and p.end < TODAY and not p.repealed_by]
    coming = [p for p in every if p.start > TODAY]
    check(len(every) >= 44, f"{len(every)} policy documents, at least 44")
    check(len(superseded) >= 6, f"{len(superseded)} superseded, at least 6")
    check(len(expired) >= 4, f"{len(expired)} expired and not replaced, at least 4")
    check(len(coming) >= 2, f"{len(coming)} not yet in force, at least 2")
    replacing = [p for p in every if p.repealed_by in coming and p.in_force(TODAY)]
    check(replacing, "a coming document replaces one in force")
    notices = [p for p in every if not any(c.startswith("第") for c in p.clauses)]
    check(1 <= len(notices) <= 5, f"{len(notices)} notices with 一、 numbering, 1 to 5")
    tables = [p for p in every if any("\n| ---" in c for c in p.clauses.values())]
    check(len(tables) >= 3, f"{len(tables)} documents with tables")


def cited(policies, refs, where):
    """The text of the cited clauses; "" for one that is not there, which fails."""
    text = ""
    for ref in refs:
        policy = policies.get(ref["document"])
        clause = policy.clauses.get(ref["clause"]) if policy else None
        check(clause, f"{where}: {ref['document']} {ref['clause']} exists")
        text += (clause or "") + "\n"
    return text


def check_answers(answers, policies, departments, users):
    check(len(answers) >= 30, f"{len(answers)} standard answers, at least 30")
    ids = [a["id"] for a in answers]
    check(len(set(ids)) == len(ids), "standard answer ids are unique")
    for a in answers:
        where = a["id"]
        text = cited(policies, a["citations"], where)
        check(3 <= len(a["questions"]) <= 6, f"{where}: 3 to 6 questions")
        check(len(a["answer"]) <= 150, f"{where}: answer of {len(a['answer'])} characters")
        missing = [n for n in re.findall(r"\d[\d.:]*%?", a["answer"]) if n not in text]
        check(not missing, f"{where}: figures stand in the cited clauses {missing}")
        check(all(policies[r["document"]].in_force(TODAY) for r in a["citations"]),
              f"{where}: cites what is in force")
        user = users.get(a["approved_by"], {})
        check(user.get("role") in ("guardian", "department_admin"),
              f"{where}: approved by one who may")
        check(a["department"] in departments, f"{where}: department exists")
        starts = [policies[r["document"]].start for r in a["citations"]]
        check(max(starts) <= a["approved_on"] <= TODAY, f"{where}: approved while in force")


def check_question(q, policies):
    where, kind, gold = q["id"], q["kind"], q.get("gold", [])
    extra = set(q) - {"id", "ask", "kind", "as_of", "gold", "must_say"}
    check(q["ask"] and not extra, f"{where}: fields {extra or ''}")
    check(("as_of" in q) == (kind == "dated"), f"{where}: as_of only on dated questions")
    if kind == "none":
        check(not gold and not q.get("must_say"), f"{where}: no gold")
        return
    check(gold, f"{where}: has gold")
    text = cited(policies, gold, where)
    for fact in q.get("must_say", []):
        check(isinstance(fact, str) and fact in text, f"{where}: {fact} stands in a gold clause")
    day = q.get("as_of", TODAY)
    check(isinstance(day, datetime.date), f"{where}: as_of is a date")
    check(all(policies[r["document"]].in_force(day) for r in gold if r["document"] in policies),
          f"{where}: gold is in force on {day}")
    check(not any(q["ask"] in c for p in policies.values() for c in p.clauses.values()),
          f"{where}: not a sentence of a clause")


def check_questions(questions, policies, answers):
    kinds = [q["kind"] for q in questions]
    check(len(questions) == 60, "exactly 60 questions")
    for kind, want in (("answer", 30), ("dated", 10), ("none", 20)):
        check(kinds.count(kind) == want, f"{want} questions of kind {kind}")
    for key in ("id", "ask"):
        check(len({q[key] for q in questions}) == 60, f"question {key} is unique")
    for q in questions:
        check_question(q, policies)
    standard = {s for a in answers for s in a["questions"]}
    check(len(standard) == sum(len(a["questions"]) for a in answers),
          "standard questions are unique")
    check(not standard & {q["ask"] for q in questions}, "no question is a standard question")
    pairs = {(c["document"], c["clause"]) for a in answers for c in a["citations"]}
    covered = [q["id"] for q in questions
               if any((g["document"], g["clause"]) in pairs for g in q.get("gold", []))]
    check(len(covered) <= 10, f"standard answers cover {len(covered)} questions, at most 10")
    days = [q["as_of"] for q in questions if q["kind"] == "dated"]
    starts = {p.start for p in policies.values()}
    ends = {p.end for p in policies.values()}
    check(any(d in starts for d in days), "a dated question on a day of 施行")
    check(any(d in ends for d in days), "a dated question on a day of 失效")
    check(any(2021 <= d.year <= 2024 for d in days), "dated questions in 2021-2024")
    check(any(d.year == 2027 for d in days), "a dated question in 2027")


def main():
    city = load("city.yaml")
    departments, phones = check_city(city)
    users = check_users(load("users.yaml"), departments)
    loaded = [Policy(p) for p in sorted((HERE / "policies").glob("*.md"))]
    policies = {p.number: p for p in loaded}
    check(len(policies) == len(loaded), "文号 is unique")
    names = {d["name"] for d in departments.values()}
    for p in loaded:
        check_policy(p, names, phones)
    check_repeals(policies)
    check_states(policies)
    answers = load("standard_answers.yaml")
    check_answers(answers, policies, departments, users)
    check_questions(load("questions.yaml"), policies, answers)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
