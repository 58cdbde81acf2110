from bench import benchmark


def build(depth):
    if depth == 0:
        return (None, None)
    return (build(depth - 1), build(depth - 1))


def count(tree):
    left, right = tree
    return 1 if left is None else 1 + count(left) + count(right)


def run(n):
    kept, total = build(n), 0
    for depth in range(4, n + 1, 2):
        for _ in range(2 ** (4 + n - depth)):
            total += count(build(depth))
    return total + count(kept)


benchmark(run)
