"""What a server tells of itself, as the checks of this folder need it: /-/metrics, messages."""

import re

from serving import wait_for

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


def settled(read, wanted):
    """What read() answers, as soon as it is what is wanted; workers tell of themselves once a second. One that is killed
    takes connections along."""
    last = [None]

    def look():
        try:
            last[0] = read()
        except (OSError, AssertionError) as error:
            last[0] = error
        return last[0] == wanted
    wait_for(look, step=0.2)
    return last[0]


def told(server, text, times=1):
    """Whether the server says this so often: that all workers have done it cannot be seen from answers, the system chooses who
    answers."""
    return wait_for(lambda: server.messages(1 << 30).count(text) >= times)
