"""A pinned package of packages.yaml: chosen members of a wheel or source archive, as plain files."""
import os
import tarfile
import zipfile

from . import registry, store, transfer


class Package:
    """Members lie under the cache's folder; archive() keeps the package itself until it is used."""

    aside = False

    def __init__(self, row, board):
        self.row, self.board = row, board
        self.name, self.label, self.total = row["name"], row["label"], row["size"]

    def archive(self):
        return store.under("part", self.row["file"])

    def folder(self):
        return store.under(self.row["folder"])

    def stamp(self):
        return os.path.join(self.folder(), ".sha256")

    def ready(self):
        """True when the members of exactly this archive are in place."""
        try:
            with open(self.stamp(), encoding="ascii") as f:
                return f.read().strip() == self.row["sha256"] and all(
                    os.path.exists(os.path.join(self.folder(), m)) for m in self.row["members"])
        except OSError:
            return False

    def bring(self):
        self.board.set(self.name, "downloading", "", done=0)
        if self.ready():
            return
        path = self.fetch()
        os.makedirs(self.folder(), exist_ok=True)
        read = read_zip if path.endswith(".whl") else read_tar
        for target, member in self.row["members"].items():
            put(os.path.join(self.folder(), target), read(path, member))
        put(self.stamp(), self.row["sha256"].encode() + b"\n")
        store.drop(path)

    def fetch(self):
        """The verified archive."""
        return fetch_archive(self.row, self.archive(), self.board, self.name)


def fetch_archive(row, path, board, name):
    if store.whole(path, row["size"], row["sha256"]):
        return path
    store.drop(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    transfer.room_for(os.path.dirname(path), row["size"])
    transfer.fetch_pieces([registry.pypi_piece(row)], os.path.dirname(path),
                          lambda n: board.step(name, n))
    if not store.whole(path, row["size"], row["sha256"]):
        raise transfer.Wrong(f"{row['file']}：内容与登记的 SHA-256 不符")
    return path


def read_zip(path, member):
    with zipfile.ZipFile(path) as z:
        return z.read(member)


def read_tar(path, member):
    with tarfile.open(path) as t:
        f = t.extractfile(member)
        if f is None:
            raise OSError(f"{member} 不是普通文件")
        return f.read()


def put(path, data):
    with open(path + ".tmp", "wb") as f:
        f.write(data)
    os.replace(path + ".tmp", path)


def unpack(path, prefix, target):
    """Plain files and folders of a tar under prefix, to target. Links and odd names are refused."""
    with tarfile.open(path) as t:
        for m in t:
            if not m.name.startswith(prefix + "/"):
                continue
            name = os.path.normpath(m.name[len(prefix) + 1:])
            if name.startswith(("..", "/")):
                raise OSError(f"归档内的名字越界：{m.name}")
            if m.isdir():
                os.makedirs(os.path.join(target, name), exist_ok=True)
            elif m.isfile():
                os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
                put(os.path.join(target, name), t.extractfile(m).read())
            if transfer.stop.is_set():
                raise transfer.Stopped()
