#!/usr/bin/python3
"""Brings what the build and the server need into the cache directory, verified by SHA-256.

    tools/fetch.py build              what the compiler needs (yyjson's source)
    tools/fetch.py all                everything: models, runtime, engine (progress in fetch.json)
    tools/fetch.py NAME…              only these (see `tools/fetch.py list`)
    tools/fetch.py list [--json]      what there is, and what is here
    tools/fetch.py ready NAME…        exit 0 when all of these are here, 1 otherwise

Options: --while PID   stop when that process ends (./run uses it for the server)
         --quiet       no bars        --no-engine   leave out the engine and the chat model
         --models FILE another catalogue    --packages FILE   another list of packages
Exit: 0 everything is here; 1 something failed (said on stderr); 2 wrong arguments; 3 another
fetch is at work.
"""
import argparse
import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
import traceback

import yaml

from fetching import store, transfer
from fetching.engine import Engine, EngineSource
from fetching.model import Model
from fetching.package import Package
from fetching.progress import Board, say

HERE = os.path.dirname(os.path.abspath(__file__))
AGAIN = (15, 60, 300)  # seconds before an item is tried anew


def arguments(argv):
    p = argparse.ArgumentParser(description=__doc__, usage=argparse.SUPPRESS,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", nargs="+", metavar="NAME")
    p.add_argument("--while", dest="leader", type=int, default=0, metavar="PID")
    p.add_argument("--quiet", action="store_true")
    p.add_argument("--json", action="store_true")
    p.add_argument("--no-engine", action="store_true")
    p.add_argument("--once", action="store_true", help="try each item only once")
    p.add_argument("--models", default=os.path.join(HERE, "..", "models.yaml"))
    p.add_argument("--packages", default=os.path.join(HERE, "packages.yaml"))
    return p.parse_args(argv)


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


def everything(args, board):
    """All items: packages, models, engine, in the order they are useful."""
    models, packages = load(args.models), load(args.packages)
    settings = {"local": os.environ.get("TONGBAN_MODELS") or models.get("local") or "",
                "mirror": os.environ.get("TONGBAN_MIRROR") or models.get("mirror") or ""}
    items = [Package(row, board) for row in packages["packages"]]
    items += [Model(row, settings, board) for row in models["models"]]
    if packages.get("engine"):
        items += [Engine(packages["engine"], board), EngineSource(packages["engine"], board)]
    return items


def is_heavy(item):
    return isinstance(item, Engine) or isinstance(item, Model) and item.row["role"] == "chat"


def chosen(args, items):
    known = {i.name: i for i in items}
    names = []
    for n in args.what:
        names += [i.name for i in items if not (args.no_engine and is_heavy(i)) and not i.aside] \
            if n == "all" else ["yyjson"] if n == "build" else [n]
    for n in names:
        if n not in known:
            say(f"没有名为 {n} 的项目；可用：{'、'.join(known)}")
            sys.exit(2)
    return [known[n] for n in names]


def show(items, as_json):
    rows = [{"name": i.name, "label": i.label, "bytes": i.total, "ready": i.ready()} for i in items]
    if as_json:
        print(json.dumps({"cache": store.root(), "items": rows}, ensure_ascii=False))
        return 0
    for r in rows:
        print(f"{'就绪' if r['ready'] else '缺少'}  {r['name']}  {r['label']}  {r['bytes']} 字节")
    return 0


@contextlib.contextmanager
def alone(name, patient):
    """Holds a lock file of the cache; yields False when another has it and we are not to wait."""
    os.makedirs(store.under("lock"), exist_ok=True)
    with open(store.under("lock", name), "w", encoding="ascii") as f:
        try:
            fcntl.flock(f, fcntl.LOCK_EX | (0 if patient else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def bring(item, board, again):
    """One item, under its lock, tried anew after a while. True when it is here."""
    for pause in (*again, None):
        try:
            with alone(item.name, True):
                if not item.ready():
                    item.bring()
            board.set(item.name, "ready", "", done=item.total, total=item.total)
            return True
        except transfer.Stopped:
            return False
        except Exception as e:  # the other items go on
            if os.environ.get("TONGBAN_DEBUG"):
                traceback.print_exc()
            words = str(e) or type(e).__name__
            if pause is None or isinstance(e, (KeyError, TypeError)):
                board.set(item.name, "failed", f"{words}。再次运行 ./run 会从断点继续")
                return False
            board.set(item.name, "waiting", f"{words}；{pause} 秒后再试")
            if transfer.stop.wait(pause):
                return False
    return False


def watch(leader):
    """Ends the fetch when the process it works for has ended."""
    while not transfer.stop.wait(2):
        if not os.path.exists(f"/proc/{leader}"):
            transfer.halt()


def lanes(items):
    """What can go on side by side: small things, then the engine's build; the big model's bytes."""
    big = [i for i in items if isinstance(i, Model) and i.row["role"] == "chat"]
    rest = [i for i in items if i not in big]
    return [lane for lane in (rest, big) if lane]


def fetch_all(items, board, again):
    """Runs the lanes in threads; returns the names that are not here."""
    bad = []

    def run(lane):
        bad.extend(i.name for i in lane if not bring(i, board, again))

    threads = [threading.Thread(target=run, args=(lane,)) for lane in lanes(items)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return bad


def main(argv):
    args = arguments(argv)
    os.makedirs(store.root(), exist_ok=True)
    board = Board()
    items = everything(args, board)
    if args.what == ["list"]:
        return show(items, args.json)
    asked = args.what[0] == "ready"
    args.what = args.what[1:] if asked else args.what
    items = chosen(args, items)
    if asked:
        return 0 if all(i.ready() for i in items) else 1
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda *_: transfer.halt())
    with alone("all", False) if "all" in args.what else contextlib.nullcontext(True) as mine:
        if not mine:
            say("另一个 tongban 正在下载，本次不重复下载")
            return 3
        board.path = store.under("fetch.json") if "all" in args.what else None
        board.out = None if args.quiet else sys.stderr
        for i in items:
            board.add(i.name, i.label, i.total)
        if args.leader:
            threading.Thread(target=watch, args=(args.leader,), daemon=True).start()
        bad = fetch_all(items, board, () if args.once else AGAIN)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
