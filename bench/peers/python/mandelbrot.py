from bench import benchmark

LIMIT = 50


def inside(cr, ci):
    zr = zi = 0.0
    for _ in range(LIMIT):
        zr2, zi2 = zr * zr, zi * zi
        if zr2 + zi2 > 4.0:
            return False
        zi = 2.0 * (zr * zi) + ci
        zr = zr2 - zi2 + cr
    return True


def run(n):
    step, count = 2.0 / n, 0
    for y in range(n):
        ci = step * y - 1.0
        for x in range(n):
            if inside(step * x - 1.5, ci):
                count += 1
    return count


benchmark(run)
