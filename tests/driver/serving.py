"""A content server of its own for a test or a benchmark, and a client that sees every byte.

    with Server("--sample", workers=2) as server:
        answer = server.get("/")

The server listens on a free port of the loopback address, on a database in a folder of its own that is removed, with
a token that nothing else knows. Leaving the block stops it and whatever it has started. Every answer is looked at for
what must never leave the server (`secrets`); what was found is in `leaks`.

Nothing here or in what uses it may depend on how fast the machine is: what has to come is waited for, PATIENCE seconds at most.
"""

import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KILN = os.environ.get("KILN") or str(ROOT / "build" / "kiln")
PATIENCE = 60  # seconds after which what has not come is taken for missing


class Port:
    """A port of the loopback address that no other test takes, even while nobody listens on it, until it is closed.

    It is none of those that the system gives to clients: a server that is started again finds it free. Who holds it is told by a
    socket of that name, which ends with the process.
    """

    def __init__(self):
        clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
        for _ in range(1000):
            self.number = random.SystemRandom().randrange(10000, clients) if clients > 12000 else random.SystemRandom().randrange(1024, 65536)
            self.mark = socket.socket(socket.AF_UNIX)
            try:
                self.mark.bind(f"\0kiln-test-port-{self.number}")
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", self.number))
                return
            except OSError:
                self.mark.close()
        raise OSError("no port is free")

    def close(self):
        self.mark.close()


class ServerFailed(Exception):
    """The server ended or did not begin to answer."""


class Answer:
    """One answer: status (integer), reason, headers (list of (lower-case name, value)), body (bytes)."""

    def __init__(self, status, reason, headers, body):
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body

    def header(self, name, default=None):
        return next((value for key, value in self.headers if key == name.lower()), default)

    def all_headers(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8")

    def __repr__(self):
        return f"<{self.status} {self.header('content-type')} {len(self.body)} bytes {self.body[:200]!r}>"


class Connection:
    """A connection on which raw bytes are sent; answers are read strictly."""

    def __init__(self, port, timeout=PATIENCE, on_answer=None, source=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout, source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.on_answer = on_answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        """Sends; a connection that the other side has closed is no error here, its answer may be there to read."""
        try:
            self.socket.sendall(data.encode() if isinstance(data, str) else data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def _more(self):
        data = self.socket.recv(262144)
        self.buffer += data
        return bool(data)

    def _until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise ConnectionError(f"the connection ended within an answer: {self.buffer[:200]!r}")
        text, self.buffer = self.buffer.split(mark, 1)
        return text

    def _exactly(self, count):
        pieces, have = [self.buffer], len(self.buffer)
        while have < count:
            data = self.socket.recv(min(count - have, 1 << 20))
            if not data:
                raise ConnectionError(f"the connection ended {count - have} bytes before the end of an answer")
            pieces.append(data)
            have += len(data)
        data = b"".join(pieces)
        self.buffer = data[count:]
        return data[:count]

    def read(self, method="GET"):
        """The next answer; None when the connection has ended in order before it."""
        if not self.buffer and not self._more():
            return None
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] (\d{3}) ?(.*)", head[0])
        if not match:
            raise ConnectionError(f"this is no status line: {head[0]!r}")
        status = int(match[1])
        headers = []
        for line in head[1:]:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip() or not name:
                raise ConnectionError(f"this is no header: {line!r}")
            headers.append((name.lower(), value.strip()))
        answer = Answer(status, match[2], headers, b"")
        if method == "HEAD" or status in (204, 304) or status < 200:
            pass
        elif "chunked" in answer.header("transfer-encoding", ""):
            while size := int(self._until(b"\r\n").split(b";")[0], 16):
                answer.body += self._exactly(size)
                self._exactly(2)
            self._until(b"\r\n")
        elif answer.header("content-length") is not None:
            answer.body = self._exactly(int(answer.header("content-length")))
        else:
            while self._more():
                pass
            answer.body, self.buffer = self.buffer, b""
        if self.on_answer:
            self.on_answer(answer)
        return answer

    def request(self, method, target, headers=None, body=None):
        """Sends a well-formed request and reads its answer."""
        lines = [f"{method} {target} HTTP/1.1"]
        given = {name.lower() for name in headers or {}}
        if "host" not in given:
            lines.append("Host: localhost")
        if body is not None and "content-length" not in given:
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        answer = self.read(method)
        while answer and answer.status == 100:
            answer = self.read(method)
        if answer is None:
            raise ConnectionError("the connection ended without an answer")
        return answer

    def ended(self, timeout):
        """Whether the other side closes the connection within this time, having sent whatever it likes."""
        limit = time.monotonic() + timeout
        while (left := limit - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(65536):
                    return True
            except TimeoutError:
                return False
            except ConnectionResetError:
                return True
        return False


class Server:
    """`kiln serve` with OPTIONS; see the top of the file. `before` runs in the child before the program starts."""

    def __init__(self, *options, workers=1, mode=None, database=None, environment=None, before=None, deadline=PATIENCE):
        self.folder = Path(tempfile.mkdtemp(prefix="kiln-server-"))
        self.database = Path(database) if database else self.folder / "site.db"
        self.reserved = Port()
        self.port = self.reserved.number
        self.worker_count = workers
        self.token = f"token-{os.urandom(18).hex()}"
        token_file = self.folder / "token"
        token_file.write_text(self.token + "\n")
        token_file.chmod(0o600)
        self.log = self.folder / "errors.log"
        self.access_log = self.folder / "access.log"
        self.secrets = [self.token, str(self.folder), str(self.database)]
        self.leaks = []
        self.environment = {**os.environ, **(environment or {})}
        self.environment.pop("KILN_TOKEN", None)
        self.before = before
        self.deadline = deadline
        self.command = [
            KILN, *(["--mode", mode] if mode else []), "serve", "--db", str(self.database), "--port", str(self.port),
            "--host", "127.0.0.1", "--workers", str(workers), "--token", str(token_file),
            "--log", str(self.access_log), *map(str, options),
        ]
        self.health = "/-/health"
        self.greeting = b"Kiln serves "  # told when the first worker is there
        self.process = None
        self.others = set()

    # ---- Starting and stopping

    def start(self):
        """Starts it, and waits until all workers answer."""
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment, preexec_fn=self.before, start_new_session=True)
        limit = time.monotonic() + self.deadline
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise ServerFailed(f"ended with status {self.process.returncode}: {self.messages()}")
            try:
                if self.greeting in self.log.read_bytes()[begin:] and self.get(self.health).status == 200 and self.is_complete():
                    self.children()
                    return self
            except OSError:
                pass
            time.sleep(0.03)
        self.stop()
        raise ServerFailed(f"no answer within {self.deadline} s: {self.messages()}")

    def is_complete(self):
        """Whether all workers tell of themselves; they answer then, too."""
        return self.worker_count == 1 or f"\nkiln_workers {self.worker_count}\n" in self.get("/-/metrics", self.authorization).text

    def messages(self, most=2000):
        """The last of what it has written for people."""
        return self.log.read_text(errors="replace")[-most:] if self.log.exists() else ""

    def children(self):
        """Process numbers of the workers (descendants of the process that was started), which are also remembered."""
        found, level = [], [self.process.pid]
        while level:
            parent = level.pop()
            try:
                tasks = list(Path(f"/proc/{parent}/task").iterdir())
                here = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
            except OSError:
                here = []
            found += here
            level += here
        self.others.update(found)
        return found

    def workers(self):
        """Process numbers of those that answer requests: the children, or the process itself if it has none."""
        return self.children() or [self.process.pid]

    def victim(self):
        """The process number of some worker; there is always one sooner or later."""
        found = []
        if not wait_for(lambda: found.extend(self.children()) or found):
            raise ServerFailed(f"there is no worker: {self.messages()}")
        return random.choice(found)

    def stop(self, patience=PATIENCE):
        """Ends the server as an administrator would; whatever is left then is killed. The exit status."""
        if self.process and self.process.poll() is None:
            self.children()
            self.process.terminate()
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.children()
                self.process.kill()
                self.process.wait()
        for pid in self.others:
            kill(pid)
        return self.process.returncode if self.process else None

    def kill(self):
        """kill -9 of the process that was started, and of nothing else."""
        self.children()
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        self.reserved.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- Asking

    def look(self, answer):
        text = answer.body + repr(answer.headers).encode()
        for secret in self.secrets:
            if secret.encode() in text:
                self.leaks.append((secret, answer))

    def connect(self, timeout=PATIENCE, source=None):
        """source: another loopback address to come from, such as 127.0.0.2."""
        return Connection(self.port, timeout, self.look, source)

    def request(self, method, target, headers=None, body=None, timeout=PATIENCE, source=None):
        with self.connect(timeout, source) as connection:
            return connection.request(method, target, {"Connection": "close", **(headers or {})}, body)

    def get(self, target, headers=None, timeout=PATIENCE):
        return self.request("GET", target, headers, timeout=timeout)

    @property
    def authorization(self):
        return {"Authorization": f"Bearer {self.token}"}


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def alive(pid):
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def refuses(server):
    """Whether it takes no connections any more."""
    try:
        server.connect().close()
        return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def memory(pid):
    """Resident memory in bytes."""
    match = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(match[1]) * 1024 if match else 0


def processor_seconds(pid):
    """What all threads of a process have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(condition, seconds=PATIENCE, step=0.05):
    """Whether condition() gets true; it is given up after so many seconds."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(step)
    return True


def limit_file_size(size):
    """For `before`: no file may grow beyond size bytes; writing more is an error, not a signal."""
    def apply():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return apply
