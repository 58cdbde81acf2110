from bench import benchmark


def run(n):
    prime = [True] * n
    count = 0
    for i in range(2, n):
        if prime[i]:
            for j in range(i * i, n, i):
                prime[j] = False
            count += 1
    return count


benchmark(run)
