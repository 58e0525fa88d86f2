"""The embedded engine: llama-server built from the pinned source, for this machine's processor."""
import json
import os
import platform
import re
import shlex
import signal
import subprocess

from . import store, transfer
from .package import fetch_archive, put, unpack


def cpu_flags():
    """What this processor can do; a program built natively elsewhere may need more than it has."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("flags"):
                return set(line.split(":", 1)[1].split())
    return set()


class Engine:
    """packages.yaml's engine: downloaded, unpacked, built with nice, put in <cache>/engine/."""

    aside = False

    def __init__(self, row, board):
        self.row, self.board = row, board
        self.name, self.label, self.total = row["name"], row["label"], row["size"]

    def program(self):
        return store.under("engine", "llama-server")

    def note(self):
        return store.under("engine", "build.json")

    def want(self):
        return {"sha256": self.row["sha256"], "options": self.options()}

    def options(self):
        here = self.row.get("options_" + platform.machine(), "")
        return self.row["options"].split() + shlex.split(here)

    def ready(self):
        """Built from this source with these options, on a processor that had no more than this."""
        try:
            with open(self.note(), encoding="utf-8") as f:
                note = json.load(f)
        except (OSError, ValueError):
            return False
        return os.access(self.program(), os.X_OK) and note.get("want") == self.want() and \
            set(note.get("cpu", [])) <= cpu_flags()

    def bring(self):
        self.board.set(self.name, "downloading", "", done=0, total=self.row["size"])
        if self.ready():
            return
        source = store.under("build", f"engine-{self.row['version']}")
        if not os.path.exists(os.path.join(source, ".unpacked")):
            store.drop(source)
            archive = fetch_archive(self.row, store.under("part", self.row["file"]), self.board,
                                    self.name)
            self.board.set(self.name, "building", "解开源码", done=0, total=0)
            unpack(archive, self.row["source"], source)
            put(os.path.join(source, ".unpacked"), b"")
        self.build(source)
        self.install(source)
        store.drop(store.under("part", self.row["file"]))
        store.drop(source)

    def build(self, source):
        self.board.set(self.name, "building", "配置", done=0, total=0)
        out = os.path.join(source, "out")
        log = store.under("engine-build.log")
        with open(log, "w", encoding="utf-8") as f:
            run(["cmake", "-G", "Ninja", "-S", source, "-B", out, *self.options()],
                f, None)
            run(["ninja", "-C", out, f"-j{jobs()}", "llama-server"], f, self.progress)
        os.unlink(log)

    def progress(self, line):
        found = re.match(r"\[(\d+)/(\d+)\]", line)
        if not found:
            return
        done, total = int(found[1]), int(found[2])
        if self.board.items[self.name].total != total:
            self.board.set(self.name, "building", "", done=done, total=total)
        self.board.step(self.name, done)

    def install(self, source):
        with open(os.path.join(source, "out", "bin", "llama-server"), "rb") as f:
            data = f.read()
        os.makedirs(store.under("engine"), exist_ok=True)
        tmp = self.program() + ".tmp"
        put(tmp, data)
        os.chmod(tmp, 0o755)
        subprocess.run([tmp, "--version"], check=True, capture_output=True, timeout=60)
        with open(os.path.join(source, "LICENSE"), "rb") as f:
            put(store.under("engine", "LICENSE"), f.read())
        store.drop(self.note())
        os.replace(tmp, self.program())
        put(self.note(), json.dumps({"want": self.want(), "cpu": sorted(cpu_flags())}).encode())


class EngineSource:
    """Only the engine's source archive, kept: it goes into an offline pack."""

    aside = True  # not part of "all"

    def __init__(self, row, board):
        self.row, self.board = row, board
        self.name, self.label, self.total = "engine-source", "引擎源码", row["size"]

    def path(self):
        return store.under("part", self.row["file"])

    def ready(self):
        return store.whole(self.path(), self.row["size"], self.row["sha256"])

    def bring(self):
        self.board.set(self.name, "downloading", "", done=0)
        fetch_archive(self.row, self.path(), self.board, self.name)


def jobs():
    """One compiler for each core, as long as each has a gigabyte."""
    with open("/proc/meminfo", encoding="ascii") as f:
        free = {line.split(":")[0]: int(line.split()[1]) for line in f}
    return max(1, min(os.cpu_count() or 1, free.get("MemAvailable", 1 << 20) // (1 << 20)))


def run(command, log, tell):
    """A step of the build, at low priority, in its own group so that all of it ends with us."""
    env = dict(os.environ, LC_ALL="C", NINJA_STATUS="[%f/%t] ")
    p = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "nice", "-n", "10", *command],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.STDOUT, env=env, errors="replace",
                         start_new_session=True)
    transfer.at_stop.append(lambda: end(p))
    try:
        for line in p.stdout:
            log.write(line)
            if tell:
                tell(line)
        failed = p.wait()
        if transfer.stop.is_set():
            raise transfer.Stopped()
        if failed:
            raise OSError(f"{command[0]} 失败，见 {log.name}")
    finally:
        transfer.at_stop.clear()
        end(p)


def end(p):
    if p.poll() is None:
        os.killpg(p.pid, signal.SIGTERM)
