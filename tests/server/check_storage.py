#!/usr/bin/env python3
"""Disks that are full, databases that are locked or damaged, places where no server can start: the right status or a clear message,
nothing lost that was acknowledged."""

import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "driver"))

from checks import Checks  # noqa: E402
from serving import Server, ServerFailed, alive, limit_file_size, wait_for  # noqa: E402
import editing  # noqa: E402
from editing import intact  # noqa: E402

checks = Checks()


@checks.group
def a_full_disk():
    with Server() as probe:
        mount = probe.folder / "disk"
        mount.mkdir()
        is_mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(mount)], stderr=subprocess.DEVNULL).returncode == 0
        try:
            # Where mounting is not allowed, files cannot grow: SQLite is told of another error then.
            before = None if is_mounted else limit_file_size(2 << 20)
            with Server(workers=2, database=mount / "site.db", before=before) as server:
                fill(server, mount, is_mounted)
        finally:
            if is_mounted:
                subprocess.run(["umount", "-l", str(mount)], check=False)


def fill(server, mount, is_mounted):
    kept = {}
    refused = []
    for number in range(300):
        answer = editing.send(server, "POST", "/api/posts", {
            "title": f"Filling {number}", "body": f"unique{number} " + os.urandom(15000).hex(), "status": "published"})
        if answer.status == 201:
            # A checkpoint of the log may have made room once more.
            kept[json.loads(answer.text)["id"]] = f"unique{number}"
            refused.clear()
        else:
            refused.append(answer)
            if len(refused) == 5:
                break
    checks.true("at last it is refused", len(refused) == 5 and kept, refused)
    for answer in refused:
        checks.one_of("with a status of its own", answer.status, (507,) if is_mounted else (503, 507))
        checks.true("and a message", json.loads(answer.text)["error"]["message"], answer)
    checks.equal("reading goes on", [server.get(path).status for path in ("/", "/archive", "/feed.atom", "/search?q=filling")], [200] * 4)
    missing = [number for number, word in kept.items()
               if word not in editing.send(server, "GET", f"/api/posts/{number}").text]
    checks.equal("what was acknowledged is there", missing, [])
    checks.true("the workers live", server.get("/-/health").status in (200, 503))
    if is_mounted:
        subprocess.run(["mount", "-o", "remount,size=12m", str(mount)], check=True)
        checks.true("with room again, writing goes on", wait_for(lambda: editing.send(
            server, "POST", "/api/posts", {"title": "After", "body": "x"}).status == 201))
    server.stop()
    intact(checks, "after a full disk", server.database)


@checks.group
def a_locked_database():
    with Server("--sample", workers=1) as server:
        post = editing.create(server, "Locked")
        wanted = server.get("/archive").body
        holder = sqlite3.connect(server.database, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            answers = []

            def write():
                answers.append(editing.send(server, "PATCH", f"/api/posts/{post['id']}", {"version": post["version"], "title": "Changed"}))

            thread = threading.Thread(target=write)
            thread.start()
            checks.equal("readers read meanwhile", server.get("/archive").body == wanted, True)
            thread.join()
            checks.equal("a writer is told", [answer.status for answer in answers], [503])
            checks.true("when to come back", (answers[0].header("retry-after") or "").isdigit(), answers)
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        answer = editing.send(server, "PATCH", f"/api/posts/{post['id']}", {"version": post["version"], "title": "Changed"})
        checks.equal("then it is written", answer.status, 200)
        # Starting while another process holds it: waits, then a message; no endless loop.
        other = sqlite3.connect(server.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            status, text = refused_start(server.database)
            checks.true("starting then works or is refused with a message", status == "serves" or status == 1 and text, (status, text))
        finally:
            other.execute("ROLLBACK")
            other.close()


def refused_start(database, *options, workers=2):
    """What comes of starting a server there: ("serves", "") or its status and message."""
    try:
        with Server(*options, database=database, workers=workers):
            return "serves", ""
    except ServerFailed as error:
        return ("hangs" if "no answer" in str(error) else 1), str(error)


@checks.group
def a_damaged_database():
    noise = random.Random(20261120).randbytes
    with Server("--sample", workers=1) as server:
        server.stop()
        path = server.database
        whole = path.read_bytes()
        later = sqlite3.connect(path)
        later.execute("PRAGMA user_version = 1000")
        later.close()
        newer = path.read_bytes()
        for what, content in (("noise", noise(100_000)), ("text", b"This is no database.\n" * 1000),
                              ("a newer one", newer), ("cut in half", whole[:len(whole) // 2]),
                              ("a broken schema", whole[:100] + noise(4000) + whole[4100:])):
            for ending in ("-wal", "-shm"):
                Path(str(path) + ending).unlink(missing_ok=True)
            path.write_bytes(content)
            for workers in (1, 2):
                status, text = refused_start(path, workers=workers)
                # A half may look whole until the missing part is asked for.
                checks.true(f"{what}, {workers} workers: refused", status == 1 or what == "cut in half" and status == "serves", (status, text))
                if status != "serves":
                    checks.true(f"{what}, {workers} workers: one clear message", text.count("site.db") >= 1 and text.count("\n") < 12, text)
            if what != "a newer one":
                checks.equal(f"{what}: the file is left as it was", path.read_bytes() == content, True)
        # Damaged while it is used: some pages may still work, none may be wrong, the server lives.
        for ending in ("-wal", "-shm"):
            Path(str(path) + ending).unlink(missing_ok=True)
        path.write_bytes(whole)
        server.command.append("--no-cache")
        server.start()
        server.get("/")
        with open(path, "r+b") as file:
            for offset in range(4096, len(whole) - 4096, 4096):
                file.seek(offset)
                file.write(noise(4096))
        targets = ["/", "/archive", "/tags", "/feed.atom", "/search?q=a", "/sitemap.xml", "/api/posts"]
        got = [server.get(target).status for target in targets]
        checks.true("pages of a damaged database", set(got) <= {200, 500, 503} and set(got) & {500, 503}, list(zip(targets, got)))
        answer = editing.send(server, "POST", "/api/posts", {"title": "x", "body": "y"})
        checks.one_of("writing to it", answer.status, (500, 503))
        checks.true("the server lives", alive(server.process.pid))
        # The answer to the last one who asked holds for a tenth of a second.
        checks.true("its health", wait_for(lambda: server.get("/-/health").status == 503))
        checks.equal("answers with secrets in them", server.leaks, [])
        checks.equal("status after SIGTERM", server.stop(), 0)


@checks.group
def starting_where_it_cannot():
    with Server() as server:
        for what, database in (("a folder", server.folder), ("a missing folder", server.folder / "no" / "site.db"),
                               ("a device", "/dev/null"), ("no file at all", "/proc/none")):
            status, text = refused_start(database)
            checks.true(f"{what}: refused with a message", status == 1 and "kiln" in text and "assert" not in text.lower(), (status, text))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            for workers in (1, 2):
                second = Server(workers=workers)
                second.command[second.command.index("--port") + 1] = str(taken.getsockname()[1])
                try:
                    second.start()
                    checks.true(f"a port that is taken, {workers} workers", False, "it serves")
                except ServerFailed as error:
                    checks.true(f"a port that is taken, {workers} workers: a message with the port",
                                str(taken.getsockname()[1]) in str(error) and "no answer" not in str(error), error)
                finally:
                    second.__exit__()
        # Two servers on one database are allowed, and see each other's writes at once.
        with Server(database=server.database) as other:
            post = editing.create(server, "Seen by both")
            checks.equal("another server sees it at once", other.get(f"/post/{post['slug']}").status, 200)
            checks.true("in its index", "Seen by both" in other.get("/").text)
            editing.send(other, "DELETE", f"/api/posts/{post['id']}?version={post['version']}")
            checks.one_of("and the first that it is gone", server.get(f"/post/{post['slug']}").status, (404, 410))
            checks.true("from its index too", "Seen by both" not in server.get("/").text)


checks.main()
