"""What the person sees while files arrive: bars on the terminal, and fetch.json for the web page.

fetch.json is replaced whole (written beside, then renamed), so a reader never sees half of it:
{"updated": epoch, "items": [{"name", "label", "state", "done", "total", "message"}]}
"""
import json
import os
import sys
import threading
import time

STATES = ("waiting", "downloading", "building", "ready", "failed")
WORDS = {"waiting": "等待", "downloading": "下载", "building": "编译", "ready": "就绪", "failed": "失败"}


def size_text(n):
    """Bytes as people read them."""
    for unit in ("B", "KB", "MB"):
        if n < 1000:
            return f"{n:.0f} {unit}" if unit == "B" else f"{n:.1f} {unit}"
        n /= 1000
    return f"{n:.2f} GB"


class Item:
    """One thing on its way. Only Board's methods change it."""

    def __init__(self, name, label, total):
        self.name, self.label, self.total = name, label, total
        self.state, self.done, self.message = "waiting", 0, ""
        self.began, self.base = 0.0, 0

    def row(self):
        return {"name": self.name, "label": self.label, "state": self.state,
                "done": self.done, "total": self.total, "message": self.message}


class Board:
    """All items, shared by the threads. path=None keeps no fetch.json; out=None prints nothing."""

    def __init__(self, path=None, out=None):
        self.path, self.out = path, out
        self.items, self.lock = {}, threading.RLock()
        self.wrote, self.drew, self.tenth = 0.0, 0.0, {}
        self.tty = bool(out) and out.isatty()

    def add(self, name, label, total):
        with self.lock:
            self.items[name] = Item(name, label, total)
            self.write(True)

    def set(self, name, state, message="", done=None, total=None):
        """A change of state: always written out."""
        assert state in STATES
        with self.lock:
            it = self.items[name]
            if state != it.state:
                it.began, it.base = time.monotonic(), 0
            it.state, it.message = state, message
            it.total = it.total if total is None else total
            it.done = it.done if done is None else done
            if state in ("downloading", "building"):
                it.base = it.done
            self.write(True)
            self.draw(it, True)

    def step(self, name, done):
        """Progress inside a state: written at most twice a second."""
        with self.lock:
            it = self.items[name]
            it.done = done
            self.write(False)
            self.draw(it, False)

    def write(self, now):
        if not self.path or (not now and time.monotonic() - self.wrote < 0.5):
            return
        self.wrote = time.monotonic()
        text = json.dumps({"updated": int(time.time()),
                           "items": [i.row() for i in self.items.values()]}, ensure_ascii=False)
        tmp = f"{self.path}.{os.getpid()}"
        with open(tmp, "w", encoding="utf-8") as f:
            f.write(text + "\n")
        os.replace(tmp, self.path)

    def draw(self, it, now):
        if not self.out or it.state == "waiting":
            return
        if self.tty:
            self.draw_bar(it, now)
        else:
            self.draw_line(it, now)

    def draw_bar(self, it, now):
        if not now and time.monotonic() - self.drew < 0.1:
            return
        self.drew = time.monotonic()
        end = "\n" if it.state in ("ready", "failed") else ""
        self.out.write("\r\033[K" + line_of(it) + end)
        self.out.flush()

    def draw_line(self, it, now):
        tenth = (it.state, it.done * 10 // it.total if it.total else 0)
        if not now and self.tenth.get(it.name) == tenth:
            return
        self.tenth[it.name] = tenth
        self.out.write(line_of(it) + "\n")
        self.out.flush()


def line_of(it):
    """One line: label, state, bar, amount, speed."""
    head = f"  {it.label} {WORDS[it.state]}"
    if it.state == "failed":
        return f"{head}：{it.message}"
    if it.state == "ready" or not it.total:
        return f"{head} {it.message}".rstrip()
    part = min(1.0, it.done / it.total)
    bar = "#" * int(part * 24)
    text = f"{head} [{bar:<24}] {part * 100:3.0f}%"
    if it.state == "building":
        return f"{text} {it.done}/{it.total}"
    spent = time.monotonic() - it.began
    speed = (it.done - it.base) / spent if spent > 0.2 else 0
    return f"{text} {size_text(it.done)}/{size_text(it.total)} {size_text(speed)}/s"


def say(text):
    """A line for the person, on stderr, in one write."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
