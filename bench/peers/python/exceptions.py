"""What raise-continuable asks, a procedure passed along answers: Python has no handlers that return."""
from bench import benchmark


class Third(Exception):
    pass


def check(i):
    if i % 3 == 0:
        raise Third
    return i


def middle(i):
    return 1 + check(i)


def attempt(i):
    try:
        return 1 + middle(i)
    except Third:
        return 100


def call_with_handler(handler, body):
    return body(handler)


def ask(i):
    return call_with_handler(lambda c: c + 1, lambda handler: i + handler(i))


def run(n):
    sum = 0
    for i in range(n):
        sum += attempt(i) + ask(i)
    return sum


benchmark(run)
