from bench import benchmark

KINDS = 5000
WORDS = ["word-" + str(i * 7919) for i in range(KINDS)]


def run(n):
    counts, seed = {}, 42
    for _ in range(n):
        word = WORDS[seed // 64 % KINDS]
        counts[word] = counts.get(word, 0) + 1
        seed = seed * 16807 % 2147483647
    sum = most = 0
    for i in range(KINDS):
        count = counts.get(WORDS[i], 0)
        sum += i * count
        most = max(most, count)
    return 1000 * (sum % 1000003) + most


benchmark(run)
