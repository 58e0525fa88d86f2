"""How one file arrives: in pieces, several at once, each kept when done, so that a cut resumes.

A piece is anything with .key (a file name unique in the folder), .size (bytes, or None), .sha256 (or
None) and .open(offset) -> (start, chunks): chunks are the bytes from start on; start is offset when
the other side can continue there, else 0.
"""
import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 4
TRIES = 6
BLOCK = 1 << 18


class Wrong(Exception):
    """The bytes are not the ones we pinned: trying the same source again is of no use."""


class Stopped(Exception):
    """The program is to end."""


stop = threading.Event()
at_stop = []  # called once, by halt()


def halt():
    """Ends all that is going on, children of ours too."""
    stop.set()
    for call in list(at_stop):
        call()


def wait(seconds):
    """Sleeps unless the program is to end."""
    if stop.wait(seconds):
        raise Stopped()


def sha256_file(path, tell=None):
    """The digest of a file; tell(bytes so far) is called as it is read."""
    h, n = hashlib.sha256(), 0
    with open(path, "rb") as f:
        while True:
            block = f.read(1 << 20)
            if not block:
                return h.hexdigest()
            if stop.is_set():
                raise Stopped()
            h.update(block)
            n += len(block)
            if tell:
                tell(n)


class Tally:
    """Bytes of all pieces together, told to the board."""

    def __init__(self, tell):
        self.tell, self.sizes, self.lock = tell, {}, threading.Lock()

    def at(self, key, n):
        with self.lock:
            self.sizes[key] = n
            self.tell(sum(self.sizes.values()))


def room_for(folder, need):
    """Refuses a transfer that the disk cannot hold."""
    st = os.statvfs(folder)
    free = st.f_bavail * st.f_frsize
    if free < need:
        raise OSError(f"磁盘空间不足：需要 {need / 1e9:.1f} GB，{folder} 只剩 {free / 1e9:.1f} GB")


def receive(piece, folder, tally):
    """One attempt: continues <key>.tmp, checks it, renames it to <key>. Raises on a cut."""
    path, tmp = os.path.join(folder, piece.key), os.path.join(folder, piece.key + ".tmp")
    have = os.path.getsize(tmp) if os.path.exists(tmp) else 0
    if piece.size is not None and have >= piece.size:
        have = 0
    start, chunks = piece.open(have)
    with open(tmp, "r+b" if start else "wb") as f:
        f.seek(start)
        f.truncate()
        n = start
        for chunk in chunks:
            if stop.is_set():
                raise Stopped()
            f.write(chunk)
            n += len(chunk)
            tally.at(piece.key, n)
    check_piece(piece, tmp, n)
    os.replace(tmp, path)


def check_piece(piece, tmp, n):
    if piece.size is not None and n < piece.size:
        raise ConnectionError(f"{piece.key}: {n} of {piece.size} bytes, cut")
    if piece.size is not None and n > piece.size or \
            piece.sha256 and sha256_file(tmp) != piece.sha256:
        os.unlink(tmp)
        raise Wrong(f"{piece.key}：内容与登记的 SHA-256 不符，已丢弃")


def fetch_piece(piece, folder, tally, patience=1.0):
    """A piece, however often the line is cut (within TRIES in a row without a byte more)."""
    path, tmp = os.path.join(folder, piece.key), os.path.join(folder, piece.key + ".tmp")
    if os.path.exists(path):
        tally.at(piece.key, os.path.getsize(path))
        return path
    idle, last, wrong = 0, -1, 0
    while True:
        try:
            receive(piece, folder, tally)
            return path
        except Wrong:
            wrong += 1
            if wrong > 1:
                raise
        except (OSError, EOFError) as e:
            have = os.path.getsize(tmp) if os.path.exists(tmp) else 0
            idle, last = (0, have) if have > last else (idle + 1, last)
            if idle >= TRIES:
                raise ConnectionError(f"{piece.key}：{e}") from e
            wait(patience * (min(30, 2 ** idle) if idle else 0.1))


def fetch_pieces(pieces, folder, tell, at_once=AT_ONCE, patience=1.0):
    """All pieces into folder, at_once at a time, in order; returns their paths."""
    os.makedirs(folder, exist_ok=True)
    tally = Tally(tell)
    with ThreadPoolExecutor(at_once) as pool:
        jobs = [pool.submit(fetch_piece, p, folder, tally, patience) for p in pieces]
        try:
            return [j.result() for j in jobs]
        except BaseException:
            for j in jobs:
                j.cancel()
            raise


def join(streams, target, want, tell):
    """Writes the streams one after another to target; refuses another digest than want."""
    h, n, tmp = hashlib.sha256(), 0, target + ".tmp"
    with open(tmp, "wb") as out:
        for open_stream in streams:
            with open_stream() as f:
                while True:
                    block = f.read(BLOCK)
                    if not block:
                        break
                    if stop.is_set():
                        raise Stopped()
                    out.write(block)
                    h.update(block)
                    n += len(block)
                    tell(n)
        out.flush()
        os.fsync(out.fileno())
    if h.hexdigest() != want:
        os.unlink(tmp)
        raise Wrong(f"{os.path.basename(target)}：内容与登记的 SHA-256 不符，已丢弃")
    os.replace(tmp, target)
