"""The cache directory: where things lie, and how we know that they are whole.

A file is believed whole when a note under ready/ holds its digest with the size and modification
time it had when it was hashed; otherwise it is hashed again. So a second run costs no reading.
"""
import json
import os
import shutil

from .transfer import Wrong, sha256_file


def root():
    """${TONGBAN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tongban}"""
    own = os.environ.get("TONGBAN_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.abspath(own or os.path.join(base, "tongban"))


def under(*names):
    return os.path.join(root(), *names)


def note_path(path):
    return under("ready", os.path.relpath(path, root()).replace(os.sep, "__"))


def remember(path, sha256):
    """Notes that path was seen whole."""
    st = os.stat(path)
    note = note_path(path)
    os.makedirs(os.path.dirname(note), exist_ok=True)
    with open(note + ".tmp", "w", encoding="utf-8") as f:
        json.dump({"sha256": sha256, "size": st.st_size, "mtime_ns": st.st_mtime_ns}, f)
    os.replace(note + ".tmp", note)


def remembered(path, sha256):
    try:
        st = os.stat(path)
        with open(note_path(path), encoding="utf-8") as f:
            note = json.load(f)
        return note == {"sha256": sha256, "size": st.st_size, "mtime_ns": st.st_mtime_ns}
    except (OSError, ValueError):
        return False


def whole(path, size, sha256, tell=None):
    """True when path is there with these bytes. A file with other bytes is left alone."""
    if not os.path.isfile(path) or size is not None and os.path.getsize(path) != size:
        return False
    if remembered(path, sha256):
        return True
    if sha256_file(path, tell) != sha256:
        return False
    remember(path, sha256)
    return True


def place(source, target, sha256):
    """Moves or copies a checked file to its place in one step, and notes it."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    tmp = target + ".new"
    if os.path.exists(tmp):
        os.unlink(tmp)
    shutil.copyfile(source, tmp)
    if sha256 and sha256_file(tmp) != sha256:
        os.unlink(tmp)
        raise Wrong(f"{os.path.basename(target)}：内容与登记的 SHA-256 不符，已丢弃")
    os.replace(tmp, target)
    if sha256:
        remember(target, sha256)


def drop(path):
    """Removes a folder or file of ours that is no longer needed."""
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.exists(path):
        os.unlink(path)
    if os.path.exists(note_path(path)):
        os.unlink(note_path(path))
