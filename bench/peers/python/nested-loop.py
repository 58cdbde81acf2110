from bench import benchmark


def run(n):
    count = 0
    for _ in range(n):
        for _ in range(n):
            for _ in range(n):
                for _ in range(n):
                    for _ in range(n):
                        for _ in range(n):
                            count += 1
    return count


benchmark(run)
