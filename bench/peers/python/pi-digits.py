from bench import benchmark


def run(n):
    q, r, t, k, m, x, count, sum = 1, 0, 1, 1, 3, 3, 0, 0
    while count < n:
        if 4 * q + r - t < m * t:
            q, r, m, sum, count = (10 * q, 10 * (r - m * t), 10 * (3 * q + r) // t - 10 * m,
                                   sum + m * (count % 7 + 1), count + 1)
        else:
            q, r, t, k, m, x = (q * k, (2 * q + r) * x, t * x, k + 1,
                                (q * (7 * k + 2) + r * x) // (t * x), x + 2)
    return sum


benchmark(run)
