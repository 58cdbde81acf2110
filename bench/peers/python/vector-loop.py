from bench import benchmark

SIZE = 1000


def run(n):
    v = [0] * SIZE
    total = 0
    for round in range(n):
        for i in range(SIZE):
            v[i] = i + round
        sum = 0
        for i in range(SIZE):
            sum += v[i]
        total += sum
    return total


benchmark(run)
