from bench import benchmark


def factorial(n):
    product = 1
    for i in range(1, n + 1):
        product *= i
    return product


def digit_sum(n):
    sum = 0
    while n:
        n, digit = divmod(n, 10)
        sum += digit
    return sum


benchmark(lambda n: digit_sum(factorial(n)))
