from bench import benchmark


def make_matrix(n, f):
    return [[f(i, j) for j in range(n)] for i in range(n)]


def multiply(a, b, n):
    def entry(i, j):
        row, sum = a[i], 0.0
        for k in range(n):
            sum += row[k] * b[k][j]
        return sum

    return make_matrix(n, entry)


def run(n):
    a = make_matrix(n, lambda i, j: (i + 2 * j) % 10 - 4.0)
    b = make_matrix(n, lambda i, j: (3 * i + j) % 7 - 3.0)
    c = multiply(a, b, n)
    return int(sum(c[i][i] for i in range(n)))


benchmark(run)
