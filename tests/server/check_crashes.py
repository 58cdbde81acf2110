#!/usr/bin/env python3
"""Workers and supervisors that are killed or stopped, and code that is loaded again: nothing lost that was acknowledged, no wrong
answer, nothing left behind."""

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import KILN, Server, ServerFailed, alive, kill, refuses, wait_for  # noqa: E402
import editing  # noqa: E402
from editing import intact  # noqa: E402

checks = Checks()


class Writers:
    """Threads that create and change posts as long as they are not stopped, and know what was acknowledged."""

    def __init__(self, server, count=4):
        self.server = server
        self.acknowledged = {}  # id: (title, body)
        self.statuses = []
        self.stopped = False
        self.threads = [threading.Thread(target=self.write, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def write(self, number):
        turn = 0
        while not self.stopped:
            turn += 1
            title, body = f"writer{number}turn{turn}", f"word{number}x{turn} " * 20
            try:
                answer = editing.send(self.server, "POST", "/api/posts", {"title": title, "body": body, "status": "published"})
                self.statuses.append(answer.status)
                if answer.status != 201:
                    time.sleep(0.02)
                    continue
                post = json.loads(answer.text)
                self.acknowledged[post["id"]] = (title, body)
                if turn % 3 == 0:
                    answer = editing.send(self.server, "PATCH", f"/api/posts/{post['id']}", {"version": post["version"], "body": body + "changed"})
                    self.statuses.append(answer.status)
                    if answer.status == 200:
                        self.acknowledged[post["id"]] = (title, body + "changed")
            except (OSError, ValueError):
                time.sleep(0.02)

    def written(self, count):
        """Waits until so many more posts were acknowledged."""
        wanted = len(self.acknowledged) + count
        return wait_for(lambda: len(self.acknowledged) >= wanted)

    def stop(self):
        self.stopped = True
        for thread in self.threads:
            thread.join()

    def check(self, what):
        """Everything that was acknowledged is there; a change without an answer may be there or not."""
        lost = []
        for number, (title, body) in self.acknowledged.items():
            answer = editing.send(self.server, "GET", f"/api/posts/{number}")
            value = json.loads(answer.text) if answer.status == 200 else {}
            if value.get("title") != title or value.get("body", "").strip() not in (body.strip(), body.strip() + " changed", (body + "changed").strip()) \
                    or body.endswith("changed") and not value["body"].strip().endswith("changed"):
                lost.append((number, title, answer))
        checks.equal(f"{what}: of {len(self.acknowledged)} acknowledged posts, lost", lost, [])


@checks.group
def a_worker_is_killed():
    with Server("--sample", workers=2) as server:
        # In mid-request: its client gets an end, not a wrong answer; the others are served.
        for number in range(3):
            victims = server.children()
            checks.equal(f"{number}: two workers", len(victims), 2)
            with server.connect() as connection:
                connection.send("POST /api/posts HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf")
                waiting = [server.connect() for _ in range(4)]
                for victim in victims:
                    kill(victim)
                try:
                    checks.equal(f"{number}: the connection ends without an answer", connection.read(), None)
                except ConnectionResetError:
                    checks.true(f"{number}: the connection ends without an answer", True)
                for other in waiting:
                    other.close()
            checks.true(f"{number}: new ones answer", wait_for(lambda: served(server)))
            checks.true(f"{number}: both are back", wait_for(
                lambda: len(now := server.children()) == 2 and not set(now) & set(victims) and complete(server)), server.messages)
        # Under load: what is answered is right.
        wanted = {target: server.get(target).body for target in ("/archive", "/tags")}
        wrong, answers, stop = [], [], threading.Event()

        def read():
            while not stop.is_set():
                for target, body in wanted.items():
                    try:
                        answer = server.get(target)
                        answers.append(answer.status)
                        if (answer.status, answer.body) != (200, body):
                            wrong.append((target, answer))
                    except (ConnectionError, TimeoutError):
                        pass

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            before = len(answers)
            wait_for(lambda: len(answers) > before + 50 or wrong)
            kill(server.victim())
        before = len(answers)
        wait_for(lambda: len(answers) > before + 50 or wrong)
        stop.set()
        for thread in threads:
            thread.join()
        checks.equal("wrong answers under load", wrong, [])
        checks.true("many right ones", len(answers) > 200, len(answers))
        checks.true("the supervisor lives", alive(server.process.pid))
        checks.true("it has told", "worker" in server.messages().lower(), server.messages)


def served(server):
    try:
        return server.get("/").status == 200
    except OSError:
        return False


def complete(server):
    try:
        return server.is_complete()
    except OSError:
        return False


@checks.group
def the_supervisor_is_killed_during_writes():
    with Server(workers=2) as server:
        for number in range(3):
            writers = Writers(server)
            checks.true(f"{number}: something is written", writers.written(6), writers.statuses[-5:])
            time.sleep(random.random())
            if number == 2:
                # Everything at once, as when the machine ends.
                pids = [*server.children(), server.process.pid]
                for pid in pids:
                    kill(pid)
                server.process.wait()
            else:
                server.kill()
            gone = wait_for(lambda: not any(alive(pid) for pid in server.others))
            checks.true(f"{number}: no worker outlives the supervisor", gone, [pid for pid in server.others if alive(pid)])
            writers.stop()
            server.others.clear()
            checks.equal(f"{number}: before that, all was well", set(writers.statuses) - {200, 201, 503}, set())
            server.start()
            writers.check(f"kill {number}")
            server.get("/")
        checks.equal("and it ends in order", server.stop(), 0)
        intact(checks, "after kill -9", server.database)


@checks.group
def a_worker_is_killed_during_writes():
    with Server(workers=2) as server:
        writers = Writers(server)
        for _ in range(4):
            checks.true("something is written", writers.written(6), writers.statuses[-5:])
            time.sleep(random.random() / 2)
            kill(server.victim())
        checks.true("something is written", writers.written(6), writers.statuses[-5:])
        writers.stop()
        wait_for(lambda: complete(server))
        writers.check("killed workers")
        server.stop()
        intact(checks, "after killed workers", server.database)


@checks.group
def stopping_in_order():
    with Server("--sample", workers=2) as server:
        wanted = server.get("/archive").body
        with server.connect() as slow:
            slow.send("GET /archive HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Half: ")
            server.process.send_signal(signal.SIGTERM)
            checks.true("it takes no connections any more", wait_for(lambda: refuses(server)))
            slow.send("b\r\n\r\n")
            try:
                answer = slow.read()
                checks.true("a request that was under way is answered", answer is not None and answer.body == wanted, answer)
            except ConnectionError as error:
                checks.true("a request that was under way is answered", False, error)
        checks.true("it ends", wait_for(lambda: server.process.poll() is not None))
        checks.equal("status", server.process.returncode, 0)
        checks.true("no worker is left", wait_for(lambda: not any(alive(pid) for pid in server.others)))
    # One that never ends may not hold it.
    with Server("--stop-time", 2, "--receive-time", 600, "--idle-time", 600, workers=2) as server:
        idle = [server.connect() for _ in range(5)]
        idle[0].send("GET / HTTP/1.1\r\nHost: a\r\nX-Never: ")
        server.process.send_signal(signal.SIGTERM)
        checks.true("a client that never ends its request does not hold it", wait_for(lambda: server.process.poll() is not None))
        checks.equal("status then", server.process.returncode, 0)
        for connection in idle:
            connection.close()


@checks.group
def workers_that_cannot_start():
    """A worker that always fails is started more and more rarely, and the supervisor ends or goes on, but does not spin."""
    with Server(workers=2) as server:
        code = server.folder / "code"
        code.mkdir()
        (code / "Broken.st").write_text("Object subclass: #Broken instanceVariableNames: 'a' !!! [[[ \n")
        try:
            with Server("--code", code, database=server.database, workers=2) as broken:
                checks.equal("it serves without the broken file", broken.get("/").status, 200)
                checks.true("and tells which", "Broken.st" in broken.messages(), broken.messages)
        except ServerFailed as error:
            checks.true("a clear message", "Broken.st" in str(error), error)
            checks.true("not in a loop", str(error).count("Broken.st") < 12, error)


@checks.group
def code_is_loaded_again_without_losing_a_request():
    with tempfile.TemporaryDirectory(prefix="kiln-code-") as folder:
        subprocess.run([KILN, "serve", "--write-code", folder], check=True, stderr=subprocess.DEVNULL)
        reload_in(Path(folder))


FOOTER = """!Page methodsFor: 'parts'!
renderFooter html tag: #footer with: 'Footer {}'! !
"""


def reload_in(code):
    with Server("--sample", "--code", code, workers=2) as server:
        failures, count, stop = [], [0], threading.Event()

        def read():
            with server.connect() as connection:
                while not stop.is_set():
                    for target in ("/", "/archive", "/tags"):
                        try:
                            answer = connection.request("GET", target)
                        except OSError as error:
                            failures.append((target, error))
                            return
                        count[0] += 1
                        if answer.status != 200:
                            failures.append((target, answer))

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(6):
            before = count[0]
            wait_for(lambda: count[0] > before + 40 or failures)
            (code / "Footer.new").write_text(FOOTER.format(number))
            (code / "Footer.new").rename(code / "Footer.st")
            if number % 2:
                server.process.send_signal(signal.SIGHUP)
            else:
                answer = server.request("POST", "/-/reload", server.authorization)
                checks.equal("POST /-/reload", (answer.status, json.loads(answer.text).get("loaded")), (200, ["Footer.st"]))
            # Who answers is not ours to choose: both have said so.
            checks.true(f"{number}: both workers have it", wait_for(
                lambda: server.messages(1 << 30).count("code loaded: Footer.st") == 2 * (number + 1)), server.messages)
            checks.true(f"{number}: and show it", all(f"Footer {number}" in server.get("/tags").text for _ in range(12)))
        # What has an error changes nothing, and says where it is.
        (code / "Broken.st").write_text("!Page methodsFor: 'parts'!\nrenderFooter ^(! !\n")
        answer = server.request("POST", "/-/reload", server.authorization)
        checks.equal("a file with an error", answer.status, 422)
        checks.true("its message names file and line", "Broken.st" in answer.text and ":2" in answer.text, answer.text)
        checks.true("nothing has changed", "Footer 5" in server.get("/tags").text)
        stop.set()
        for thread in threads:
            thread.join()
        checks.equal("failed requests", failures, [])
        checks.true("there were many", count[0] > 200, count)


checks.main()
