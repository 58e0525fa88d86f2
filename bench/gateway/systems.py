"""The systems that bench/gateway/run measures: how each is fetched, started and asked.

Each is a System: begin(engine_port, folder) starts it in front of the engine, `port`, `path`,
`headers` say how to ask it, `pid` is the process that is measured with its children, end() stops it.
"""
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

TB = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get("TONGBAN_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tongban")
HERE = os.path.join(CACHE, "bench")
PYTHON = "/usr/bin/python3"
# Never 1.82.7 or 1.82.8: they were not LiteLLM's own.
LITELLM, PORTKEY = "1.100.5", "1.15.2"
HONO = "1.13.8"  # with a newer one Portkey answers every stream with 500 (its issue 1389)
READY_S = 120


class Absent(Exception):
    """The system is not here and cannot be fetched, or does not yet do this; says why."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fetched(folder, command, what, files=()):
    """Runs the package manager once, in a folder that holds these files; the folder is only there
    when it ended well."""
    if os.path.isdir(folder):
        return folder
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    for name in files:
        with open(os.path.join(part, name), "w", encoding="utf-8") as f:
            f.write(files[name])
    print(f"fetching {what} into {folder}", flush=True)
    done = subprocess.run([*command, part], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    if done.returncode:
        raise Absent(f"{what} could not be fetched: {done.stdout.strip()[-300:]}")
    os.rename(part, folder)
    return folder


class System:
    name, path, headers, port, child = "", "/v1/chat/completions", (), 0, None
    version, warm_s = "", 1

    def __init__(self):
        self.log = None

    @property
    def pid(self):
        return self.child.pid if self.child else 0

    def command(self, engine, folder):
        raise NotImplementedError

    def prepare(self):
        """Fetches what is missing; raises Absent."""

    def books(self):
        """What it says it was asked and gave: (requests, prompt tokens, answer tokens), or None."""
        return None

    def begin(self, engine, folder):
        self.port = free_port()
        self.log = open(os.path.join(folder, self.name + ".log"), "ab")
        command, env = self.command(engine, folder)
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log,
                                      stderr=self.log, env={**os.environ, **env}, cwd=folder,
                                      start_new_session=True)
        self.wait()

    def ask(self):
        body = json.dumps({"model": "bench", "messages": [{"role": "user", "content": "您好 #1"}]})
        headers = {"Content-Type": "application/json"}
        headers.update(h.split(": ", 1) for h in self.headers)
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.path}",
                                         body.encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def wait(self):
        until, why = time.monotonic() + READY_S, None
        while time.monotonic() < until and self.child.poll() is None:
            try:
                self.ask()
                return
            except urllib.error.HTTPError as e:
                why = f"{e.code} {e.read()[:300]!r}"
                if e.code < 500:
                    break
            except (OSError, ValueError) as e:
                why = e
            time.sleep(0.1)
        self.end()
        raise Absent(f"{self.name} does not answer: {why} (see {self.log.name})")

    def end(self):
        if not self.child:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, how)
            except ProcessLookupError:
                break
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                continue
        self.child.wait()
        self.child = None
        self.log.close()


class Direct(System):
    name, version = "direct", "the mock engine itself"

    def begin(self, engine, folder):
        self.port = engine

    def ask(self):
        pass


class Nginx(System):
    """A keep-alive reverse proxy that lets streams pass as they come, with nothing else switched on."""

    def __init__(self, workers):
        super().__init__()
        self.name = "nginx" if workers == 1 else f"nginx{workers}"
        self.workers = workers

    def prepare(self):
        if not shutil.which("nginx"):
            raise Absent("nginx is not installed (apt: nginx-light)")
        said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=False).stderr
        self.version = f"{said.strip().split('/')[-1]}, {self.workers} worker(s)"

    def command(self, engine, folder):
        file = os.path.join(folder, self.name + ".conf")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
        user = "user root;" if os.geteuid() == 0 else ""
        with open(file, "w", encoding="utf-8") as f:
            f.write(f"""{user}
worker_processes {self.workers};
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/{self.name}.pid;
error_log {folder}/{self.name}.error.log warn;
events {{ worker_connections 16384; }}
http {{
    access_log off;
{temporary}
    upstream engine {{
        server 127.0.0.1:{engine};
        keepalive 512;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{self.port} reuseport backlog=8192;
        keepalive_requests 100000000;
        client_max_body_size 64m;
        client_body_buffer_size 1m;
        location / {{
            proxy_pass http://engine;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
""")
        return ["nginx", "-c", file, "-p", folder, "-e", f"{folder}/{self.name}.error.log"], {}


class LiteLLM(System):
    """Its proxy with a master key, no database: as its own benchmark page sets it up."""

    name, headers, warm_s = "litellm", ("Authorization: Bearer sk-bench",), 5
    version = f"{LITELLM}, 1 worker"

    def prepare(self):
        self.home = fetched(
            os.path.join(HERE, f"litellm-{LITELLM}"),
            [PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check",
             "--root-user-action=ignore", f"litellm[proxy]=={LITELLM}", "--target"],
            f"litellm[proxy] {LITELLM}")

    def command(self, engine, folder):
        file = os.path.join(folder, "litellm.yaml")
        with open(file, "w", encoding="utf-8") as f:
            f.write(f"""model_list:
  - model_name: bench
    litellm_params:
      model: openai/bench
      api_base: http://127.0.0.1:{engine}/v1
      api_key: sk-engine
general_settings:
  master_key: sk-bench
litellm_settings:
  telemetry: false
  set_verbose: false
""")
        env = {"PYTHONPATH": self.home, "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION",
               "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "127.0.0.1"}
        return [PYTHON, "-c", "from litellm import run_server; run_server()", "--config", file,
                "--host", "127.0.0.1", "--port", str(self.port), "--num_workers", "1"], env


class Portkey(System):
    name, version, warm_s = "portkey", f"{PORTKEY}, 1 process", 5

    def prepare(self):
        if not shutil.which("npm"):
            raise Absent("npm is not installed")
        self.home = fetched(
            os.path.join(HERE, f"portkey-{PORTKEY}"),
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund",
             "--no-update-notifier", "--prefix"],
            f"@portkey-ai/gateway {PORTKEY}",
            {"package.json": json.dumps({"dependencies": {"@portkey-ai/gateway": PORTKEY},
                                         "overrides": {"@hono/node-server": HONO}})})

    def command(self, engine, folder):
        self.headers = ("Authorization: Bearer sk-engine", "x-portkey-provider: openai",
                        f"x-portkey-custom-host: http://127.0.0.1:{engine}/v1")
        main = "node_modules/@portkey-ai/gateway/build/start-server.js"
        return ["node", os.path.join(self.home, main), f"--port={self.port}", "--headless"], \
               {"NODE_ENV": "production"}


class Tongban(System):
    """The sample city with a key that has every limit, so that each is counted; guard, books and
    trail as they always are."""

    LIMITS = {"requests-minute": 500_000_000, "tokens-minute": 500_000_000_000,
              "tokens-day": 500_000_000_000, "concurrent": 50_000}

    def __init__(self, loops):
        super().__init__()
        self.name = "tongban" if loops == 2 else f"tongban{loops}"
        self.loops = loops

    def prepare(self):
        self.program = os.path.join(TB, "build", "tongban")
        if not os.path.exists(self.program):
            raise Absent("build/tongban is not here: make first")
        with open(os.path.join(TB, "VERSION"), encoding="utf-8") as f:
            self.version = f"{f.read().strip()}, {self.loops} loop(s)"

    def run(self, *words, env):
        done = subprocess.run([self.program, *words, "--data", self.data, "--json"], text=True,
                              capture_output=True, env={**os.environ, **env}, check=False)
        if done.returncode:
            raise Absent(f"tongban {words[0]}: {done.stderr.strip()[:300]}")
        return json.loads(done.stdout)

    def share(self, engine, folder):
        """Everything the program reads from the checkout, but with an engine of ours."""
        share = os.path.join(folder, f"{self.name}-share")
        os.makedirs(share, exist_ok=True)
        for name in ("sql", "rules", "prompts", "web"):
            if not os.path.lexists(os.path.join(share, name)):
                os.symlink(os.path.join(TB, name), os.path.join(share, name))
        with open(os.path.join(share, "models.yaml"), "w", encoding="utf-8") as f:
            f.write(f"""engines:
  - {{name: 压测, url: "http://127.0.0.1:{engine}/v1", model: bench, slots: 10000}}
""")
        return {"TONGBAN_SHARE": share}

    def command(self, engine, folder):
        self.data = os.path.join(folder, f"{self.name}-{time.monotonic_ns()}")
        env = self.share(engine, folder)
        self.run("setup", "--city", os.path.join(TB, "demo"), env=env)
        limits = [word for k, v in self.LIMITS.items() for word in (f"--{k}", str(v))]
        made = self.run("key", "add", "压测", "--department", "zhengfuban", *limits, env=env)
        self.headers = (f"Authorization: Bearer {made['secret']}",)
        return [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                "--no-engine", "--no-embed", "--gateway-loops", str(self.loops)], env

    def books(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/tongban.db?mode=ro", uri=True)) as db:
            return db.execute("SELECT coalesce(sum(requests), 0), coalesce(sum(prompt), 0),"
                              " coalesce(sum(answer), 0) FROM model_use").fetchone()


def all_systems():
    return [Direct(), Nginx(1), Nginx(2), LiteLLM(), Portkey(), Tongban(1), Tongban(2)]
