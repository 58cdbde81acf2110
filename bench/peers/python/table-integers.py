from bench import benchmark


def key(i):
    return i * 7919 % 16777213


def run(n):
    t = {}
    for i in range(n):
        t[key(i)] = i
    sum = 0
    for i in range(n):
        sum += t.get(key(i), 0)
    for i in range(0, n, 3):
        t.pop(key(i), None)
    for i in range(n):
        sum += t.get(key(i), -1)
    return sum + len(t)


benchmark(run)
