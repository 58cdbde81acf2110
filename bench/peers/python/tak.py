from bench import benchmark


def tak(x, y, z):
    if not y < x:
        return z
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


benchmark(lambda n: sum(tak(18, 12, 6) for _ in range(n)))
