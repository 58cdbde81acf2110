#!/usr/bin/env python3
"""What an administrator sees and does: figures, the compiler's page, code loaded again, logs, deadlines, signals."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import Server, alive, kill, wait_for  # noqa: E402
import editing  # noqa: E402

checks = Checks()

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (-?[0-9.]+(?:e[-+]?\d+)?)')


def metrics(server, headers=None):
    """{(name, labels): value} of /-/metrics, which is read as Prometheus does: strictly."""
    answer = server.get("/-/metrics", headers)
    if answer.status != 200:
        raise AssertionError(f"metrics: {answer}")
    types, values = {}, {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name in types or kind not in ("counter", "gauge", "histogram"):
                raise AssertionError(f"type: {line}")
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            if not match:
                raise AssertionError(f"this is no sample: {line!r}")
            family = re.sub(r"_(bucket|sum|count)$", "", match[1])
            if family not in types and match[1] not in types:
                raise AssertionError(f"a sample of no type: {line!r}")
            labels = tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', match[2] or "")))
            if (match[1], labels) in values:
                raise AssertionError(f"twice: {line!r}")
            values[match[1], labels] = float(match[3])
    return values


def total(values, name, **labels):
    return sum(value for (each, its), value in values.items() if each == name and labels.items() <= dict(its).items())


def settled(read, wanted, seconds=5):
    """What read() answers, as soon as it is what is wanted; workers tell of themselves once a second. One that is killed
    takes connections along."""
    last = [None]

    def look():
        try:
            last[0] = read()
        except OSError as error:
            last[0] = error
        return last[0] == wanted
    wait_for(look, seconds, 0.2)
    return last[0]


def all_there(server, count=2):
    """Waits until all workers answer."""
    if settled(lambda: total(metrics(server), "kiln_workers"), count, 20) != count:
        raise AssertionError("the workers are not there")


@checks.group
def figures_for_prometheus():
    with Server("--sample", workers=2) as server:
        all_there(server)
        before = metrics(server)
        for _ in range(40):
            server.get("/archive")
            server.get("/none")
        server.request("HEAD", "/")

        def more(name, **labels):
            return total(metrics(server), name, **labels) - total(before, name, **labels)
        checks.equal("answers 404", settled(lambda: more("kiln_http_requests_total", **{"class": "4xx"}), 40), 40)
        checks.true("answers 200", wait_for(lambda: more("kiln_http_requests_total", **{"class": "2xx"}) >= 41, 5))
        checks.true("bytes", wait_for(lambda: more("kiln_http_response_bytes_total") > 40 * len(server.get("/archive").body), 5))
        checks.true("hits of the cache", wait_for(lambda: more("kiln_cache_hits_total") >= 35, 5))

        # The kernel chooses who answers; one that has just begun may have told of itself before it answered anything.
        def both_have_worked():
            server.get("/archive")
            values = metrics(server)
            return all(total(values, name, worker=worker) > 0 for worker in "12"
                       for name in ("kiln_http_request_duration_seconds_sum", "kiln_jit_code_bytes"))
        checks.true("both have worked", wait_for(both_have_worked, 20))
        values = metrics(server)
        checks.equal("workers", total(values, "kiln_workers"), 2)
        checks.equal("posts, by each", total(values, "kiln_posts"), 2 * 64)
        for worker in "12":
            buckets = [(label["le"], value) for (name, its), value in values.items()
                       if name == "kiln_http_request_duration_seconds_bucket" and (label := dict(its))["worker"] == worker]
            buckets.sort(key=lambda row: float(row[0].replace("+Inf", "inf")))
            counts = [value for _, value in buckets]
            checks.equal("buckets grow", counts, sorted(counts))
            checks.equal("up to all", counts[-1], total(values, "kiln_http_request_duration_seconds_count", worker=worker))
            checks.true("time", total(values, "kiln_http_request_duration_seconds_sum", worker=worker) > 0)
            checks.equal("as many as answers", counts[-1], total(values, "kiln_http_requests_total", worker=worker))
            for name, least, most in (("kiln_process_resident_memory_bytes", 20e6, 4e9), ("kiln_heap_bytes", 4e6, 4e9),
                                      ("kiln_gc_collections_total", 1, 1e6), ("kiln_gc_seconds_total", 1e-5, 100),
                                      ("kiln_process_cpu_seconds_total", 0.01, 1e4), ("kiln_uptime_seconds", 0.01, 1e4),
                                      ("kiln_jit_functions", 1, 1e5), ("kiln_jit_compilations_total", 1, 1e5),
                                      ("kiln_jit_code_bytes", 1000, 1e8), ("kiln_http_connections", 0, 1000)):
                checks.within(f"worker {worker}: {name}", total(values, name, worker=worker), least, most)
        checks.equal("restarts", total(values, "kiln_worker_restarts_total"), 0)
        kill(server.workers()[0])
        checks.equal("restarts after a worker was killed", settled(
            lambda: total(metrics(server), "kiln_worker_restarts_total"), 1), 1)
        checks.equal("both tell again", settled(lambda: total(metrics(server), "kiln_workers"), 2, 15), 2)


@checks.group
def who_may_ask():
    paths = ("/-/metrics", "/-/jit", "/-/jit.json")
    with Server() as server:
        for path in paths:
            checks.equal(f"{path}: from here", server.get(path).status, 200)
            for name, value in (("Host", "example.com"), ("Host", f"rebound.example:{server.port}"), ("X-Forwarded-For", "198.51.100.1"),
                                ("Forwarded", "for=198.51.100.1"), ("Via", "1.1 proxy"), ("X-Real-IP", "127.0.0.1")):
                answer = server.get(path, {name: value})
                checks.equal(f"{path}: {name}: {value}", answer.status, 401)
                checks.true("it says how", "Bearer" in (answer.header("www-authenticate") or ""))
                checks.equal(f"{path}: {name}: {value}, with the token",
                             server.get(path, {name: value, **server.authorization}).status, 200)
            for host in ("localhost", f"localhost:{server.port}", f"127.0.0.1:{server.port}", "[::1]", f"[::1]:{server.port}"):
                checks.equal(f"{path}: Host: {host}", server.get(path, {"Host": host}).status, 200)
            checks.equal(f"{path}: POST", server.request("POST", path).status, 405)
            checks.equal(f"{path}: HEAD", server.request("HEAD", path).status, 200)
        checks.equal("health is for everybody", server.get("/-/health", {"Host": "example.com", "Via": "1.1 x"}).status, 200)
        checks.equal("and tells no more than that", json.loads(server.get("/-/health").text), {"status": "ok", "database": "ok"})
        for path in ("/-/", "/-/none", "/-/metrics/", "/-/jit/x"):
            checks.equal(path, server.get(path).status, 404)
        for path in ("/-/health", "/-/metrics", "/-/jit", "/-/reload"):
            answer = server.get(path)
            checks.equal(f"{path}: not kept", answer.header("cache-control"), "no-store")
            checks.true(f"{path}: nothing inline", "unsafe" not in answer.header("content-security-policy"))
        checks.equal("nothing was told", server.leaks, [])
    with Server("--operations", "token") as server:
        for path in paths:
            checks.equal(f"token: {path}: from here", server.get(path).status, 401)
            checks.equal(f"token: {path}: wrong token", server.get(path, {"Authorization": "Bearer " + "x" * 40}).status, 401)
            checks.equal(f"token: {path}: with it", server.get(path, server.authorization).status, 200)
    with Server("--operations", "open") as server:
        checks.equal("open: from anywhere", server.get("/-/metrics", {"X-Forwarded-For": "198.51.100.1"}).status, 200)


@checks.group
def the_page_of_the_compiler():
    with Server("--sample", "--no-cache", workers=2) as server:
        all_there(server)
        for worker in (1, 2):
            answer = server.get(f"/-/jit?worker={worker}")
            checks.equal(f"page {worker}: status", answer.status, 200)
            checks.equal(f"page {worker}: faults", editing.Page(answer.text).faults, [])
            checks.true("it says which worker", f'data-worker="{worker}"' in answer.text)
            checks.true("a script, not inline", '<script src="/-/jit.js"' in answer.text and "<script>" not in answer.text)
        checks.equal("a worker that is not there", [server.get(f"/-/jit{what}?worker={n}").status for what in ("", ".json") for n in ("3", "0", "x", "")],
                     [404] * 8)
        script = server.get("/-/jit.js")
        checks.equal("the script", (script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"))
        checks.equal("not sent again", server.get("/-/jit.js", {"If-None-Match": script.header("etag")}).status, 304)

        def view(worker):
            return json.loads(server.get(f"/-/jit.json?worker={worker}").text)
        first = view(1)
        checks.equal("all workers", [w["worker"] for w in first["workers"]], [1, 2])
        checks.equal("their processes", sorted(w["pid"] for w in first["workers"]), sorted(server.workers()))
        for _ in range(400):
            server.get("/tags")
        for worker in (1, 2):
            # Another worker knows them when this one has been told that somebody looks.
            seen = {}

            def look():
                seen.clear()
                seen.update(view(worker))
                return seen.get("functions")
            checks.true(f"functions of worker {worker}, whoever answers", wait_for(look, 5))
            checks.equal("its own", (seen["worker"], seen["jit"]["mode"]), (worker, "tier2"))
            names = {f["name"] for f in seen["functions"]}
            checks.true("functions have names of Smalltalk", any(">>" in name for name in names), lambda: sorted(names))
            for f in seen["functions"]:
                if set(f) != {"name", "position", "loop", "state", "reason", "compilations", "bytes", "bytecodes", "inlined", "exits", "ms"}:
                    checks.true("a function has all of it", False, f)
                    break
            checks.true("some are compiled", any(f["state"] == "compiled" and f["bytes"] > 0 for f in seen["functions"]))
        checks.true("it goes on", wait_for(lambda: sum(w["requests"] for w in view(1)["workers"]) > sum(w["requests"] for w in first["workers"]) + 300, 5))
        page = server.get("/-/jit?worker=1").text
        checks.true("the page has functions without its script", "&gt;&gt;" in page or ">>" in page)
    with Server("--sample", mode="tier1") as server:
        checks.equal("another mode: page", server.get("/-/jit").status, 200)
        checks.equal("another mode: no compiler", json.loads(server.get("/-/jit.json").text)["jit"]["active"], False)


# ---- code

def change(server, folder, name, old, new):
    path = folder / name
    text = path.read_text()
    if old not in text:
        raise AssertionError(f"{name} does not have {old!r}")
    path.write_text(text.replace(old, new))


def heads(server, path="/", count=12):
    """First headings that answers have: of all workers, if enough are asked for."""
    return {re.search(r"<h1[^>]*>(.*?)</h1>", server.get(path).text)[1] for _ in range(count)}


class Code:
    """A server whose code can be changed."""

    def __init__(self, *options, workers=2):
        self.server = Server("--sample", *options, workers=workers)
        self.folder = self.server.folder / "code"
        self.server.command += ["--code", str(self.folder)]
        subprocess.run([self.server.command[0], "serve", "--write-code", str(self.folder)], check=True, stderr=subprocess.DEVNULL)

    def __enter__(self):
        self.server.__enter__()
        return self.server, self.folder

    def __exit__(self, *_):
        self.server.__exit__()


def post_reload(server, headers=None):
    return server.request("POST", "/-/reload", server.authorization if headers is None else headers)


@checks.group
def code_is_loaded_again():
    with Code() as (server, folder):
        checks.equal("at first", heads(server), {"Newest posts"})
        change(server, folder, "Pages.st", "'Newest posts'", "'Second posts'")
        checks.equal("nothing happens by itself", heads(server), {"Newest posts"})
        for headers in ({}, {"Authorization": "Bearer wrong-token-000"}, {"Authorization": "Basic eDp5"}):
            checks.equal("without the token", post_reload(server, headers).status, 401)
        checks.equal("by GET", server.get("/-/reload", server.authorization).status, 405)
        answer = post_reload(server)
        checks.equal("by the API", (answer.status, json.loads(answer.text).get("loaded")), (200, ["Pages.st"]))
        checks.equal("all workers", settled(lambda: heads(server), {"Second posts"}), {"Second posts"})
        checks.equal("nothing has changed since", json.loads(post_reload(server).text).get("loaded"), [])
        change(server, folder, "Pages.st", "'Second posts'", "'Third posts'")
        server.process.send_signal(signal.SIGHUP)
        checks.equal("by a signal", settled(lambda: heads(server), {"Third posts"}), {"Third posts"})
        checks.true("it was told", wait_for(lambda: server.messages().count("code loaded: Pages.st") >= 2, 3), server.messages)

        # An error leaves all as it was, also what stands before it in the same file and in others.
        change(server, folder, "Markup.st", "'<!!DOCTYPE html>'", "'<!!DOCTYPE html><!!-- new -->'")
        change(server, folder, "Pages.st", "'Third posts'", "'Wrong posts'")
        with open(folder / "Pages.st", "a") as file:
            file.write("\n!Page methodsFor: 'wrong'!\nbroken ^(1 + ! !\n")
        answer = post_reload(server)
        checks.equal("an error: status", answer.status, 422)
        text = json.loads(answer.text)
        checks.true("which file, which line", text.get("file") == "Pages.st" and re.search(r"Pages\.st:\d+:\d+: error", text.get("error", "")), text)
        server.process.send_signal(signal.SIGHUP)
        checks.true("told by each worker", wait_for(lambda: server.messages().count("the code stays as it was") >= 1, 5), server.messages)
        checks.equal("the old code goes on", heads(server), {"Third posts"})
        checks.true("of all files", "<!-- new -->" not in server.get("/tags").text)

        def counted():
            values = metrics(server)
            return total(values, "kiln_code_reload_failures_total") >= 1 and total(values, "kiln_code_reloads_total") >= 3
        checks.true("counted", wait_for(counted, 5))
        # Mended, it is taken.
        text = (folder / "Pages.st").read_text()
        (folder / "Pages.st").write_text(text[:text.index("\n!Page methodsFor: 'wrong'!")])
        checks.equal("mended", post_reload(server).status, 200)
        checks.equal("mended code", settled(lambda: heads(server), {"Wrong posts"}), {"Wrong posts"})
        checks.equal("leaks", [secret for secret, _ in server.leaks if secret == server.token], [])


@checks.group
def code_changes_under_load():
    with Code() as (server, folder):
        wrong, count, stop = [], [0], threading.Event()

        def read():
            with server.connect() as connection:
                while not stop.is_set():
                    for target in ("/", "/archive", "/tags"):
                        try:
                            answer = connection.request("GET", target)
                        except OSError as error:
                            wrong.append((target, error))
                            return
                        count[0] += 1
                        if answer.status != 200 or b"</html>" not in answer.body:
                            wrong.append((target, answer))

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        old = "'Newest posts'"
        for turn in range(6):
            time.sleep(0.3)
            new = f"'Turn {turn}'"
            if turn % 2:
                with open(folder / "Zz.st", "w") as file:
                    file.write("Object subclass: #Zz instanceVariableNames: 'a")
            else:
                (folder / "Zz.st").write_text("Object subclass: #Zz\n\tinstanceVariableNames: 'a'\n\tclassVariableNames: ''\n\tcategory: 'x'!\n")
            change(server, folder, "Pages.st", old, new)
            old = new
            if turn % 3 == 2:
                checks.one_of("the API", post_reload(server).status, (200, 422))
            else:
                server.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        stop.set()
        for thread in threads:
            thread.join()
        checks.equal("failed requests", wrong, [])
        checks.true("there were many", count[0] > 100, count)


@checks.group
def a_developers_server():
    with Code("--dev", workers=1) as (server, folder):
        checks.equal("one process", server.children(), [])
        checks.equal("at first", heads(server, count=1), {"Newest posts"})
        change(server, folder, "Pages.st", "'Newest posts'", "'Changed posts'")
        checks.equal("a change is seen by itself", settled(lambda: heads(server, count=1), {"Changed posts"}), {"Changed posts"})
        change(server, folder, "Pages.st", "'Changed posts'", "((self zork: 1), 'x')")
        checks.true("an error of the program", wait_for(lambda: server.get("/").status == 500, 5))
        page = server.get("/").text
        for part in ("zork:", "IndexPage&gt;&gt;headline", "Pages.st:"):
            checks.true(f"its page shows {part}", part in page, page[:3000])
        checks.equal("and is a page", editing.Page(page).faults, [])
        checks.equal("other pages go on", server.get("/archive").status, 200)
        change(server, folder, "Pages.st", "((self zork: 1), 'x')", "'Mended posts'")
        checks.equal("mended", settled(lambda: server.get("/").status, 200), 200)
        checks.equal("status after Ctrl-C", interrupted(server), 0)
    # Other people's browsers are told nothing.
    with Code(workers=1) as (server, folder):
        change(server, folder, "Pages.st", "'Newest posts'", "((self zork: 1), 'x')")
        post_reload(server)
        answer = server.get("/")
        checks.equal("in production: status", answer.status, 500)
        checks.true("nothing is told", "zork" not in answer.text and "Pages.st" not in answer.text, answer)
        checks.true("but to who runs it", "IndexPage>>headline" in server.messages(), server.messages)
        checks.true("and counted", settled(lambda: total(metrics(server), "kiln_http_errors_total"), 1) >= 1)


def interrupted(server):
    server.process.send_signal(signal.SIGINT)
    try:
        return server.process.wait(15)
    except Exception as error:  # noqa: BLE001
        return error


@checks.group
def a_deadline():
    with Code("--deadline", "0.5", "--no-cache", workers=1) as (server, folder):
        change(server, folder, "Pages.st", "headline ^'Archive'", "headline [true] whileTrue: [site title]. ^'Archive'")
        checks.equal("loaded", post_reload(server).status, 200)
        for number in range(3):
            start = time.monotonic()
            answer = server.get("/archive")
            checks.equal(f"{number}: it ends with", answer.status, 503)
            checks.within("in time", time.monotonic() - start, 0.4, 5)
            checks.true("and tells when to come again", answer.header("retry-after"))
            checks.equal("others are answered", server.get("/tags").status, 200)
        checks.true("counted", total(metrics(server), "kiln_http_deadline_exceeded_total") == 3)
        checks.true("told", "took longer than 0.5 seconds" in server.messages(), server.messages)
        checks.equal("by the same worker", total(metrics(server), "kiln_worker_restarts_total"), 0)


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
        wait_for(lambda: len(server.access_log.read_text().splitlines()) >= 4, 3)
        time.sleep(0.5)
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
        time.sleep(0.2)
        moved = server.access_log.with_suffix(".1")
        server.access_log.rename(moved)
        server.process.send_signal(signal.SIGUSR1)
        for thread in threads:
            thread.join()
        server.get("/last")
        checks.true("a new file is begun", wait_for(lambda: server.access_log.exists() and "/last" in server.access_log.read_text(), 5))

        def lines_of_both():
            return (moved.read_text() + server.access_log.read_text()).splitlines()
        checks.equal("lines of 2,000 requests", settled(lambda: sum("/tags?n=" in line for line in lines_of_both()), 2000), 2000)
        checks.equal("torn lines", [line for line in lines_of_both() if not LINE.fullmatch(line)], [])
        server.access_log.rename(server.access_log.with_suffix(".2"))
        server.process.send_signal(signal.SIGHUP)
        checks.true("SIGHUP as well", wait_for(server.access_log.exists, 3))
    with Server(workers=2) as server:
        server.stop()
        server.command[server.command.index("--log") + 1] = "-"
        server.start()
        server.get("/robots.txt")
        checks.true("on standard output", wait_for(lambda: '"GET /robots.txt HTTP/1.1" 200' in server.messages(), 3), server.messages)
        server.stop()
        server.command[server.command.index("--log") + 1] = "/dev/full"
        server.start()
        for _ in range(50):
            server.get("/robots.txt")
        checks.equal("a log that cannot be written stops nothing", server.get("/robots.txt").status, 200)
        checks.true("it is told", wait_for(lambda: "access log" in server.messages(), 3), server.messages)
        checks.true("and counted", wait_for(lambda: total(metrics(server), "kiln_log_lines_lost_total") > 0, 10))


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
                    else:
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
            time.sleep(1.5)
            start = time.monotonic()
            server.process.send_signal(sent)
            status = server.process.wait(20)
            taken = time.monotonic() - start
            for thread in threads:
                thread.join()
            checks.equal(f"{sent.name}: status", status, 0)
            checks.within(f"{sent.name}: seconds", taken, 0, 9)
            checks.equal(f"{sent.name}: wrong answers", wrong, [])
            checks.true(f"{sent.name}: something was written", len(acknowledged) > 3, len(acknowledged))
            checks.true(f"{sent.name}: no worker is left", wait_for(lambda: not any(alive(pid) for pid in server.others), 2))
            server.start()
            there = {post["id"] for post in editing.posts(server)}
            checks.equal(f"{sent.name}: acknowledged and lost", [each for each in acknowledged if each not in there], [])


@checks.group
def stopping_at_once():
    with Server("--stop-time", "30", workers=2) as server:
        with server.connect() as connection:
            connection.send("POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf")
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            time.sleep(1)
            checks.equal("it waits for a request that has begun", server.process.poll(), None)
            server.process.send_signal(signal.SIGTERM)
            checks.true("a second signal stops it", wait_for(lambda: server.process.poll() is not None, 5))
            checks.equal("status", server.process.returncode, 0)
    with Server("--stop-time", "1", workers=2) as server:
        with server.connect() as connection:
            connection.send("POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf")
            time.sleep(0.3)
            start = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(15)
            checks.within("no longer than it is told", time.monotonic() - start, 0.8, 6)


@checks.group
def a_worker_that_hangs():
    with Server("--deadline", "0.1", workers=2) as server:
        all_there(server)
        victim = server.workers()[0]
        kill(victim, signal.SIGSTOP)
        checks.true("it is killed after half a minute", wait_for(lambda: not alive(victim), 60, 0.5))
        checks.true("it was told", "no sign of life" in server.messages(), server.messages)
        all_there(server)
        checks.equal("and started again", len(server.workers()), 2)


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
                fds = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd") if fd != "3"}
                checks.true("a worker has no pipe but its own", sum(name.startswith("pipe:") for name in fds) <= 1, fds)
            server.kill()
            checks.true("workers end when the supervisor is killed", wait_for(lambda: not any(alive(p) for p in server.others), 5))
        with Server(workers=2, environment={"XDG_RUNTIME_DIR": str(run)}):
            pass
        checks.equal("in order, it is removed", len(list(run.iterdir())), len(folders))


checks.main()
