import io

from bench import benchmark


def run(n):
    out = io.StringIO()
    for i in range(n):
        out.write(f'({i} "name" symbol {i * i})')
        out.write("\n")
    text = out.getvalue()
    characters = 0
    port = io.StringIO(text)
    while port.read(1):
        characters += 1
    lines = 0
    for line in io.StringIO(text):
        lines += len(line)
    sum = 0
    for line in io.StringIO(text):
        first, _, _, last = line.strip()[1:-1].split()
        sum += int(first) + int(last)
    return characters + lines + sum


benchmark(run)
