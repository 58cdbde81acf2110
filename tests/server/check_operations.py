#!/usr/bin/env python3
"""What an administrator sees and does: figures, the compiler's page, code loaded again, deadlines."""

import json
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
from serving import PATIENCE, Server, kill, wait_for  # noqa: E402
import editing  # noqa: E402
from figures import metrics, settled, told, total  # noqa: E402

checks = Checks()

# What the figures of a worker are that has answered a few requests, at least and at most.
WORKED = (("kiln_process_resident_memory_bytes", 20e6, 4e9), ("kiln_heap_bytes", 4e6, 4e9), ("kiln_gc_collections_total", 1, 1e6),
          ("kiln_gc_seconds_total", 1e-5, 1000), ("kiln_process_cpu_seconds_total", 0.01, 1e4), ("kiln_uptime_seconds", 0.01, 1e4),
          ("kiln_jit_functions", 1, 1e5), ("kiln_jit_compilations_total", 1, 1e5), ("kiln_jit_code_bytes", 1000, 1e8),
          ("kiln_http_connections", 0, 1000), ("kiln_http_request_duration_seconds_sum", 1e-9, 1e4))


@checks.group
def figures_for_prometheus():
    with Server("--sample", workers=2) as server:
        before = metrics(server)
        for _ in range(40):
            server.get("/archive")
            server.get("/none")
        server.request("HEAD", "/")

        def more(name, **labels):
            return total(metrics(server), name, **labels) - total(before, name, **labels)
        checks.equal("answers 404", settled(lambda: more("kiln_http_requests_total", **{"class": "4xx"}), 40), 40)
        checks.true("answers 200", wait_for(lambda: more("kiln_http_requests_total", **{"class": "2xx"}) >= 41))
        checks.true("bytes", wait_for(lambda: more("kiln_http_response_bytes_total") > 40 * len(server.get("/archive").body)))
        checks.true("hits of the cache", wait_for(lambda: more("kiln_cache_hits_total") >= 35))

        # The system chooses who answers; one that has just begun may have told of itself before it answered anything.
        def both_have_worked():
            server.get("/archive")
            values = metrics(server)
            return all(total(values, name, worker=worker) >= least for worker in "12" for name, least, _ in WORKED)
        wait_for(both_have_worked)
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
            for name, least, most in WORKED:
                checks.within(f"worker {worker}: {name}", total(values, name, worker=worker), least, most)
        checks.equal("restarts", total(values, "kiln_worker_restarts_total"), 0)
        kill(server.workers()[0])
        checks.equal("restarts after a worker was killed", settled(
            lambda: total(metrics(server), "kiln_worker_restarts_total"), 1), 1)
        checks.equal("both tell again", settled(lambda: total(metrics(server), "kiln_workers"), 2), 2)


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
            # Another worker knows them when this one has been told that somebody looks; they are compiled in the background.
            seen = {}

            def look():
                server.get("/tags")
                seen.clear()
                seen.update(view(worker))
                functions = seen.get("functions") or []
                return any(">>" in f["name"] for f in functions) and any(f["state"] == "compiled" and f["bytes"] > 0 for f in functions)
            checks.true(f"functions of worker {worker}, whoever answers, with names of Smalltalk; some are compiled", wait_for(look),
                        lambda: [(f["name"], f["state"]) for f in seen.get("functions") or []])
            checks.equal("its own", (seen["worker"], seen["jit"]["mode"]), (worker, "tier2"))
            for f in seen["functions"]:
                if set(f) != {"name", "position", "loop", "state", "reason", "compilations", "bytes", "bytecodes", "inlined", "exits", "ms"}:
                    checks.true("a function has all of it", False, f)
                    break
        checks.true("it goes on", wait_for(lambda: sum(w["requests"] for w in view(1)["workers"]) > sum(w["requests"] for w in first["workers"]) + 300))

        def page_has_functions():
            page = server.get("/-/jit?worker=1").text
            return "&gt;&gt;" in page or ">>" in page
        checks.true("the page has functions without its script", wait_for(page_has_functions))
    with Server("--sample", mode="tier1") as server:
        checks.equal("another mode: page", server.get("/-/jit").status, 200)
        checks.equal("another mode: no compiler", json.loads(server.get("/-/jit.json").text)["jit"]["active"], False)


# ---- code

def change(server, folder, name, old, new):
    path = folder / name
    text = path.read_text()
    if old not in text:
        raise AssertionError(f"{name} does not have {old!r}")
    # At once, as editors do: who loads it meanwhile gets the one or the other.
    (folder / "being-changed").write_text(text.replace(old, new))
    (folder / "being-changed").rename(path)


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
        checks.true("by all workers", told(server, "code loaded: Pages.st", 2), server.messages)
        checks.equal("all workers", heads(server), {"Second posts"})
        checks.equal("nothing has changed since", json.loads(post_reload(server).text).get("loaded"), [])
        change(server, folder, "Pages.st", "'Second posts'", "'Third posts'")
        server.process.send_signal(signal.SIGHUP)
        checks.true("by a signal: by all workers", told(server, "code loaded: Pages.st", 4), server.messages)
        checks.equal("by a signal", heads(server), {"Third posts"})

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
        checks.true("told by each worker", told(server, "the code stays as it was", 2), server.messages)
        checks.equal("the old code goes on", heads(server), {"Third posts"})
        checks.true("of all files", "<!-- new -->" not in server.get("/tags").text)

        def counted():
            values = metrics(server)
            return total(values, "kiln_code_reload_failures_total") >= 1 and total(values, "kiln_code_reloads_total") >= 3
        checks.true("counted", wait_for(counted))
        # An error that comes only when statements are carried out; it does not end anybody.
        change(server, folder, "Pages.st", "\n!Page methodsFor: 'wrong'!\nbroken ^(1 + ! !\n", "\nnil zork!\n")
        workers = sorted(server.workers())
        server.process.send_signal(signal.SIGHUP)
        checks.true("a statement that fails: told by each worker", told(server, "does not understand #zork", 2), server.messages)
        answer = post_reload(server)
        checks.one_of("it is not tried again", (answer.status, json.loads(answer.text).get("loaded")), [(200, [])])
        checks.equal("the same workers go on with the old code", (sorted(server.workers()), heads(server)), (workers, {"Third posts"}))
        # Mended, it is taken, and with it what was refused because of it.
        change(server, folder, "Pages.st", "\nnil zork!\n", "")
        answer = post_reload(server)
        checks.equal("mended", (answer.status, json.loads(answer.text).get("loaded")), (200, ["Markup.st", "Pages.st"]))
        checks.equal("mended code", settled(lambda: heads(server), {"Wrong posts"}), {"Wrong posts"})
        checks.true("of all files", wait_for(lambda: all("<!-- new -->" in server.get("/tags").text for _ in range(12))))
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
            before = count[0]
            wait_for(lambda: count[0] > before + 20 or wrong)
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
        # What was refused because of another file is loaded when that is mended.
        (folder / "Zz.st").write_text("Object subclass: #Zz\n\tinstanceVariableNames: 'a'\n\tclassVariableNames: ''\n\tcategory: 'x'!\n")
        server.process.send_signal(signal.SIGHUP)
        checks.true("in the end it is loaded", wait_for(lambda: heads(server) == {"Turn 5"}), server.messages)
        stop.set()
        for thread in threads:
            thread.join()
        checks.equal("failed requests", wrong, [])
        checks.true("there were many", count[0] > 100, count)


@checks.group
def code_changes_while_a_worker_begins():
    """One that has read its code, but does not take signals yet, misses no change."""
    with Code() as (server, folder):
        old = "'Newest posts'"
        for turn in range(8):
            victims = server.workers()
            victim = victims[turn % len(victims)]
            kill(victim)
            wait_for(lambda: len(server.children()) == 2 and victim not in server.children())
            time.sleep(0.07 * turn)
            new = f"'Turn {turn}'"
            change(server, folder, "Pages.st", old, new)
            old = new
            if turn % 2:
                server.process.send_signal(signal.SIGHUP)
            else:
                post_reload(server)
            wait_for(server.is_complete)
            checks.true(f"{turn}: both workers have it", wait_for(lambda: all(heads(server) == {new[1:-1]} for _ in range(3)), 20), server.messages)


@checks.group
def a_developers_server():
    with Code("--dev", workers=1) as (server, folder):
        checks.equal("one process", server.children(), [])
        checks.equal("at first", heads(server, count=1), {"Newest posts"})
        change(server, folder, "Pages.st", "'Newest posts'", "'Changed posts'")
        checks.equal("a change is seen by itself", settled(lambda: heads(server, count=1), {"Changed posts"}), {"Changed posts"})
        change(server, folder, "Pages.st", "'Changed posts'", "((self zork: 1), 'x')")
        checks.true("an error of the program", wait_for(lambda: server.get("/").status == 500))
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
        return server.process.wait(PATIENCE)
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
            checks.true("not before its time", time.monotonic() - start > 0.4, time.monotonic() - start)
            checks.true("and tells when to come again", answer.header("retry-after"))
            # A slow machine may need longer than that for this one, too, until its code is warm.
            checks.true("others are answered", wait_for(lambda: server.get("/tags").status == 200))
        checks.true("counted", settled(lambda: total(metrics(server), "kiln_http_deadline_exceeded_total") >= 3, True))
        checks.true("told", "took longer than 0.5 seconds" in server.messages(), server.messages)
        checks.equal("by the same worker", settled(lambda: total(metrics(server), "kiln_worker_restarts_total"), 0), 0)


checks.main()
