from math import cos, sin

from bench import benchmark

PI = 3.141592653589793


def reorder(re, im, n):
    j = 0
    for i in range(n):
        if i < j:
            re[i], re[j] = re[j], re[i]
            im[i], im[j] = im[j], im[i]
        bit = n // 2
        while bit >= 1 and j >= bit:
            j -= bit
            bit //= 2
        j += bit


def transform(re, im, n, direction):
    reorder(re, im, n)
    half = 1
    while half < n:
        angle = direction * PI / half
        for k in range(half):
            wr, wi = cos(angle * k), sin(angle * k)
            for i in range(k, n, 2 * half):
                j = i + half
                xr, xi = re[j], im[j]
                tr, ti = wr * xr - wi * xi, wr * xi + wi * xr
                ar, ai = re[i], im[i]
                re[j], im[j] = ar - tr, ai - ti
                re[i], im[i] = ar + tr, ai + ti
        half *= 2


def run(n):
    re, im = [float(i * 7 % 11) for i in range(n)], [0.0] * n
    for _ in range(4):
        transform(re, im, n, 1.0)
        transform(re, im, n, -1.0)
        for i in range(n):
            re[i] /= n
            im[i] /= n
    return sum((i + 1) * round(x) for i, x in enumerate(re))


benchmark(run)
