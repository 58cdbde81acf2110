from bench import benchmark


def walk(n):
    i = 1
    while i <= n:
        yield i
        i += 1


def run(n):
    sum = 0
    for element in walk(n):
        sum += element
    return sum


benchmark(run)
