from functools import reduce

from bench import benchmark


def run(n):
    numbers = list(range(1000))
    squares = [x * x for x in numbers]
    total = 0
    for i in range(n):
        evens = 0

        def count(x):
            nonlocal evens
            if x % 2 == 0:
                evens += 1

        for x in numbers:
            count(x)
        total += (evens
                  + reduce(lambda a, b: a + b, list(map(lambda x: x * 2, numbers)), 0)
                  + sum(list(map(lambda x, y: y - x, numbers, squares)))
                  + list(map(lambda x: x + i, numbers))[999])
    return total


benchmark(run)
