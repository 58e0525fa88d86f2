#!/usr/bin/python3
"""README.md and README.zh-CN.md say the same, and what they tell people to type exists.

The commands of their fenced sh blocks are compared in order, comments apart; every ./program and
tools/ path must be a file of ours, every `tongban COMMAND` one that `tongban --help` lists, every
relative link a file. The last line is "N passed, N failed".
"""
import os
import re
import subprocess
import sys

TB = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOTH = ("README.md", "README.zh-CN.md")
passed = failed = 0


def check(ok, text):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(("ok - " if ok else "not ok - ") + text)


def read(name):
    with open(os.path.join(TB, name), encoding="utf-8") as f:
        return f.read()


def commands(text):
    """The lines of ```sh blocks without comments; quoted Chinese or English arguments may differ."""
    found = []
    for block in re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", text, re.M | re.S):
        for line in block.splitlines():
            line = re.sub(r"(^|\s)#.*$", "", line).strip().removeprefix("$ ")
            if line:
                found.append(re.sub(r'"[^"]*"', '"…"', line))
    return found


def links(text):
    return [x.split("#")[0] for x in re.findall(r"\]\(([^)\s]+)\)", text)
            if not re.match(r"[a-z]+:|#", x)]


def help_names():
    program = os.path.join(TB, "build", "tongban")
    out = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    return set(re.findall(r"^\s+([a-z][a-z-]*)\b", out.stdout, re.M))


def main():
    if not os.path.exists(os.path.join(TB, BOTH[0])):
        print("0 passed, 0 failed, 1 skipped")
        return 0
    texts = {name: read(name) for name in BOTH}
    one, other = (commands(t) for t in texts.values())
    check(one == other, f"both READMEs give the same {len(one)} commands"
          + "".join(f"\n#   {a!r} / {b!r}" for a, b in zip(one, other) if a != b))
    check("./run" in one and "./check" in one, "the two commands stand in the README")
    for path in sorted(set(re.findall(r"(?<!\S)(?:\./)?((?:run|check|tools/[\w.-]+))(?!\S)",
                                      "\n".join(one)))):
        check(os.access(os.path.join(TB, path), os.X_OK), f"{path} can be run")
    known = help_names()
    for verb in sorted(set(re.findall(r"tongban ([a-z][a-z-]*)", "\n".join(one)))):
        check(verb in known, f"tongban {verb} is a command")
    for name, text in texts.items():
        for link in sorted(set(links(text))):
            check(os.path.exists(os.path.join(TB, link)), f"{name}: {link} is there")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
