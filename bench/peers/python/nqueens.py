"""Lists are tuples (head, tail); None is the empty one."""
from bench import benchmark


def append(a, b):
    return b if a is None else (a[0], append(a[1], b))


def safe(row, distance, placed):
    while placed is not None:
        p = placed[0]
        if p == row + distance or p == row - distance:
            return False
        distance += 1
        placed = placed[1]
    return True


def place(left, tried, placed):
    if left is None:
        return 1 if tried is None else 0
    count = 0
    if safe(left[0], 1, placed):
        count = place(append(tried, left[1]), None, (left[0], placed))
    return count + place(left[1], (left[0], tried), placed)


def run(n):
    rows = None
    for i in range(n, 0, -1):
        rows = (i, rows)
    return place(rows, None, None)


benchmark(run)
