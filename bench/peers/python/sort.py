from functools import cmp_to_key

from bench import benchmark


def run(n):
    numbers, seed = [0] * n, 12345
    for i in range(n):
        numbers[n - 1 - i] = seed // 64
        seed = seed * 16807 % 2147483647
    strings = sorted([str(x) for x in numbers])
    numbers.sort(key=cmp_to_key(lambda a, b: b - a))
    sum = 0
    for i in range(n):
        sum += i % 8 * (len(strings[i]) + numbers[i])
    return sum % 1000003


benchmark(run)
