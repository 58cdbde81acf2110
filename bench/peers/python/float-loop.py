from bench import benchmark


def run(n):
    i, sum, last = 1.0, 0.0, float(n)
    while i <= last:
        sum += 1.0 / (i * i)
        i += 1.0
    return round(1e9 * sum)


benchmark(run)
