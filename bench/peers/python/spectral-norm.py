from math import sqrt

from bench import benchmark


def entry(i, j):
    s = i + j
    return 1.0 / (s * (s + 1) // 2 + i + 1)


def multiply(n, v, result, transposed):
    for i in range(n):
        sum = 0.0
        for j in range(n):
            sum += (entry(j, i) if transposed else entry(i, j)) * v[j]
        result[i] = sum


def run(n):
    u, v, t = [1.0] * n, [0.0] * n, [0.0] * n
    for _ in range(10):
        multiply(n, u, t, False)
        multiply(n, t, v, True)
        multiply(n, v, t, False)
        multiply(n, t, u, True)
    uv = vv = 0.0
    for i in range(n):
        uv += u[i] * v[i]
        vv += v[i] * v[i]
    return round(1e9 * sqrt(uv / vv))


benchmark(run)
