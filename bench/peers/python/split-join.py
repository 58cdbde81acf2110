from bench import benchmark

LINE = ",".join("field" + str(i) for i in range(100))


def split(s, separator):
    fields, start = [], 0
    for i in range(len(s)):
        if s[i] == separator:
            fields.append(s[start:i])
            start = i + 1
    fields.append(s[start:])
    return fields


def run(n):
    sum = 0
    for _ in range(n):
        joined = ";".join(reversed(split(LINE, ",")))
        sum += len(joined) + len(split(joined, ";"))
    return sum


benchmark(run)
