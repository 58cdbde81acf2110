from bench import benchmark

TEXT = "the quick brown fox jumps over the lazy dog, then sleeps all day " * 188


def count_vowels(s):
    count = 0
    for c in s:
        if c in "aeiou":
            count += 1
    return count


def count_words(s):
    in_word, count = False, 0
    for c in s:
        space = c == " "
        if not space and not in_word:
            count += 1
        in_word = not space
    return count


def match(pattern, s, at):
    for i in range(len(pattern)):
        if pattern[i] != s[at + i]:
            return False
    return True


def count_pattern(pattern, s):
    count = 0
    for i in range(len(s) - len(pattern) + 1):
        if match(pattern, s, i):
            count += 1
    return count


def run(n):
    sum = 0
    for _ in range(n):
        sum += count_vowels(TEXT) + count_words(TEXT) + count_pattern("then", TEXT)
    return sum


benchmark(run)
