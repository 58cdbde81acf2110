from bench import benchmark


def random_vector(n):
    v, seed = [0] * n, 12345
    for i in range(n):
        v[i] = seed // 64
        seed = seed * 16807 % 2147483647
    return v


def quicksort(v, low, high):
    if low < high:
        pivot = v[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while v[i] < pivot:
                i += 1
            while v[j] > pivot:
                j -= 1
            if i <= j:
                v[i], v[j] = v[j], v[i]
                i += 1
                j -= 1
        quicksort(v, low, j)
        quicksort(v, i, high)


def run(n):
    v = random_vector(n)
    quicksort(v, 0, n - 1)
    sum = 0
    for i in range(1, n):
        if v[i - 1] > v[i]:
            raise ValueError("not sorted")
        sum += i % 8 * v[i]
    return sum % 1000003


benchmark(run)
