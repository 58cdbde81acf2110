from fractions import Fraction

from bench import benchmark


def harmonic(n):
    sum = Fraction(0)
    for i in range(1, n + 1):
        sum += Fraction(1, i)
    return sum


def bernoulli(n):
    a = [0] * (n + 1)
    for m in range(n + 1):
        a[m] = Fraction(1, m + 1)
        for j in range(m, 0, -1):
            a[j - 1] = j * (a[j - 1] - a[j])
    return a[0]


def run(n):
    h, b = harmonic(n), bernoulli(n // 20)
    return (h.numerator + h.denominator + b.numerator + b.denominator) % 1000000007


benchmark(run)
