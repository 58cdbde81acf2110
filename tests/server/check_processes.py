#!/usr/bin/env python3
"""Logs, signals, and what becomes of processes, their folders and descriptors."""

import json
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import PATIENCE, Server, alive, kill, refuses, wait_for  # noqa: E402
import editing  # noqa: E402
from figures import metrics, settled, total  # noqa: E402

checks = Checks()

# ---- logs

LINE = re.compile(r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "([A-Z]+) (\S+) HTTP/1\.1" (\d{3}) (\d+) "([^"]*)" "([^"]*)" \d+\.\d{3}')


@checks.group
def the_access_log():
    with Server("--sample", workers=2) as server:
        size = len(server.get("/tags", {"User-Agent": "a test", "Referer": "https://example.com/?q=1"}).body)
        evil = 'x" 200 0\t"\x1b[31m\\'
        server.get("/none", {"User-Agent": evil})
        server.request("HEAD", "/tags")
        server.get("/search?q=" + "x" * 5000)
        # Workers write their lines a moment later, each its own.
        wait_for(lambda: all(part in server.access_log.read_text() for part in ('"GET /tags ', '"GET /none ', '"HEAD /tags ', '"GET /search?q=')))
        lines = [line for line in server.access_log.read_bytes().decode("ascii").splitlines() if "/-/health" not in line]
        matches = [LINE.fullmatch(line) for line in lines]
        checks.true("each line has its form", all(matches), lines)
        rows = {(m[1], m[2]): m for m in matches if m}
        checks.equal("a page", rows["GET", "/tags"].groups()[2:], ("200", str(size), "https://example.com/?q=1", "a test"))
        checks.equal("nothing breaks out of its field", (rows["GET", "/none"][3], rows["GET", "/none"][6]),
                     ("404", "x\\x22 200 0\\x09\\x22\\x1b[31m\\x5c"))
        checks.equal("HEAD sends no body", rows["HEAD", "/tags"][4], "0")
        checks.true("long addresses are cut", all(len(line) < 4096 for line in lines))

        # Many at once: whole lines, none lost.
        def ask():
            with server.connect() as connection:
                for number in range(500):
                    connection.request("GET", f"/tags?n={number}")
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda: "/tags?n=50" in server.access_log.read_text())
        moved = server.access_log.with_suffix(".1")
        server.access_log.rename(moved)
        server.process.send_signal(signal.SIGUSR1)
        for thread in threads:
            thread.join()

        def new_file_has_it():
            server.get("/last")
            return server.access_log.exists() and "/last" in server.access_log.read_text()
        checks.true("a new file is begun", wait_for(new_file_has_it))

        def lines_of_both():
            return (moved.read_text() + server.access_log.read_text()).splitlines()
        checks.equal("lines of 2,000 requests", settled(lambda: sum("/tags?n=" in line for line in lines_of_both()), 2000), 2000)
        checks.equal("torn lines", [line for line in lines_of_both() if not LINE.fullmatch(line)], [])
        server.access_log.rename(server.access_log.with_suffix(".2"))
        server.process.send_signal(signal.SIGHUP)
        checks.true("SIGHUP as well", wait_for(server.access_log.exists))
    with Server(workers=2) as server:
        server.stop()
        server.command[server.command.index("--log") + 1] = "-"
        server.start()
        server.get("/robots.txt")
        checks.true("on standard output", wait_for(lambda: '"GET /robots.txt HTTP/1.1" 200' in server.messages()), server.messages)
        server.stop()
        server.command[server.command.index("--log") + 1] = "/dev/full"
        server.start()
        for _ in range(50):
            server.get("/robots.txt")
        checks.equal("a log that cannot be written stops nothing", server.get("/robots.txt").status, 200)
        checks.true("it is told", wait_for(lambda: "access log" in server.messages()), server.messages)
        checks.true("and counted", wait_for(lambda: total(metrics(server), "kiln_log_lines_lost_total") > 0))


# ---- signals

@checks.group
def stopping_under_load():
    for number, sent in ((1, signal.SIGTERM), (2, signal.SIGINT)):
        with Server("--sample", workers=2) as server:
            acknowledged, wrong, threads = [], [], []

            def write(thread):
                turn = 0
                while True:
                    turn += 1
                    try:
                        answer = editing.send(server, "POST", "/api/posts", {"title": f"t{thread} {turn}", "body": "b", "status": "published"})
                    except OSError:
                        return
                    if answer.status == 201:
                        acknowledged.append(json.loads(answer.text)["id"])
                    elif answer.status != 503 or not answer.header("retry-after"):  # the other one has been writing for 2 seconds
                        wrong.append(answer)
                        return

            def read():
                try:
                    with server.connect() as connection:
                        while True:
                            answer = connection.request("GET", "/archive")
                            if answer.status != 200 or b"</html>" not in answer.body:
                                wrong.append(answer)
                except OSError:
                    return

            threads = [threading.Thread(target=write, args=(n,)) for n in range(2)] + [threading.Thread(target=read) for _ in range(2)]
            for thread in threads:
                thread.start()
            checks.true(f"{sent.name}: something is written", wait_for(lambda: len(acknowledged) > 10 or wrong), len(acknowledged))
            server.process.send_signal(sent)
            status = server.process.wait(PATIENCE)
            for thread in threads:
                thread.join()
            checks.equal(f"{sent.name}: status", status, 0)
            checks.true(f"{sent.name}: in order", "still" not in server.messages(), server.messages)
            checks.equal(f"{sent.name}: wrong answers", wrong, [])
            checks.true(f"{sent.name}: no worker is left", wait_for(lambda: not any(alive(pid) for pid in server.others)))
            server.start()
            there = {post["id"] for post in editing.posts(server)}
            checks.equal(f"{sent.name}: acknowledged and lost", [each for each in acknowledged if each not in there], [])


@checks.group
def stopping_at_once():
    half = "POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf"
    with Server("--stop-time", "600", "--receive-time", "600", workers=2) as server:
        with server.connect() as connection:
            connection.send(half)
            server.process.send_signal(signal.SIGTERM)
            checks.true("it takes no connections any more", wait_for(lambda: refuses(server)))
            time.sleep(0.5)
            checks.equal("it waits for a request that has begun", server.process.poll(), None)
            server.process.send_signal(signal.SIGTERM)
            checks.true("a second signal stops it", wait_for(lambda: server.process.poll() is not None))
            checks.equal("status", server.process.returncode, 0)
    with Server("--stop-time", "1", "--receive-time", "600", workers=2) as server:
        with server.connect() as connection:
            connection.send(half)
            start = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(PATIENCE)
            checks.true("not at once", time.monotonic() - start > 0.8)
            checks.true("no longer than it is told", "still under way after 1" in server.messages(), server.messages)


@checks.group
def a_worker_that_hangs():
    with Server("--deadline", "1", workers=2) as server:
        victim = server.workers()[0]
        kill(victim, signal.SIGSTOP)
        checks.true("it is killed after half a minute", wait_for(lambda: not alive(victim), 30 + PATIENCE, 0.5))
        checks.true("it was told", "no sign of life" in server.messages(), server.messages)
        checks.true("and started again", wait_for(lambda: len(server.children()) == 2 and victim not in server.children()))
        checks.equal("both answer", settled(server.is_complete, True), True)


def descriptors(pid):
    """What a process has open; some files only for a moment."""
    found = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except FileNotFoundError:
            pass
    return found


@checks.group
def folders_and_descriptors():
    with Server(workers=2, environment={"XDG_RUNTIME_DIR": ""}) as probe:
        run = probe.folder / "run"
        run.mkdir()
        server = Server(workers=2, environment={"XDG_RUNTIME_DIR": str(run)})
        with server:
            folders = list(run.iterdir())
            checks.equal("one folder, nobody else's", [(len(folders), oct(folders[0].stat().st_mode & 0o777))], [(1, "0o700")])
            for pid in server.workers():
                fds = descriptors(pid)
                checks.true("a worker has no pipe but its own", sum(name.startswith("pipe:") for name in fds) <= 1, fds)
            server.kill()
            checks.true("workers end when the supervisor is killed", wait_for(lambda: not any(alive(p) for p in server.others)))
        with Server(workers=2, environment={"XDG_RUNTIME_DIR": str(run)}):
            pass
        checks.equal("in order, it is removed", len(list(run.iterdir())), len(folders))


checks.main()
