from bench import benchmark


def make_counter(step):
    count = 0

    def counter():
        nonlocal count
        count += step
        return count

    return counter


def compose(f, g):
    return lambda x: f(g(x))


def adder(n):
    return lambda x: x + n


def run(n):
    counter, sum = make_counter(3), 0
    for i in range(n):
        f = compose(adder(i), compose(adder(1), adder(2)))
        counter()
        sum += f(i % 10)
    return sum + counter()


benchmark(run)
