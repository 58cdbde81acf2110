from bench import benchmark

TEXT = "It was a bright cold day in April, and the clocks were striking thirteen. 1984 (pp. 3-27)"


def turn(c, by, base):
    return chr(base + (ord(c) - base + by) % 26)


def rotate(c, by):
    if c.isupper():
        return turn(c, by, 65)
    if c.islower():
        return turn(c, by, 97)
    return c


def cipher(s, by):
    return "".join([rotate(c, by) for c in s])


def checksum(s):
    sum = 0
    for c in s:
        sum += ord(c.upper())
        if c.isalpha():
            sum += 1
        if c.isdigit():
            sum += 10
        if c.isspace():
            sum += 100
    return sum


def run(n):
    sum = 0
    for i in range(n):
        there = cipher(TEXT, i % 26)
        back = cipher(there, 26 - i % 26)
        sum += checksum(there) + (back == TEXT)
    return sum


benchmark(run)
