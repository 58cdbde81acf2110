from bench import benchmark

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"]


def line(i):
    return "line " + str(i) + ": " + WORDS[i % 7] + "-" + WORDS[i * 3 % 7] + " = " + str(i * i)


def run(n):
    total = marks = 0
    for i in range(n):
        s = line(i) + ";"
        total += len(s)
        if s[5:6] == "7":
            marks += 1
    return total * 10 + marks % 10


benchmark(run)
