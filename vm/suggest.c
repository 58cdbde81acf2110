// Suggestions for misspelt names: optimal string alignment distance. See suggest.h.
#include "vm/suggest.h"
#include "runtime/string.h"

enum { LONGEST = 40 }; // characters; longer names are hardly misspelt as a whole

// Distance between two strings of at most LONGEST characters, or limit + 1 when it is above the
// limit.
static size_t distance(Value a, Value b, size_t limit) {
    size_t rows[3][LONGEST + 1], n = string_length(a), m = string_length(b);
    size_t *older = rows[0], *old = rows[1], *now = rows[2];
    for (size_t j = 0; j <= m; j++)
        old[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t best = now[0] = i;
        uint32_t ca = string_char(a, i - 1);
        for (size_t j = 1; j <= m; j++) {
            uint32_t cb = string_char(b, j - 1);
            size_t d = old[j - 1] + (ca != cb);
            if (old[j] + 1 < d)
                d = old[j] + 1;
            if (now[j - 1] + 1 < d)
                d = now[j - 1] + 1;
            if (i > 1 && j > 1 && ca == string_char(b, j - 2) && string_char(a, i - 2) == cb &&
                older[j - 2] + 1 < d)
                d = older[j - 2] + 1;
            now[j] = d;
            if (d < best)
                best = d;
        }
        if (best > limit)
            return limit + 1;
        size_t *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[m];
}

Value vm_suggest(VM *vm, Value names, Value symbol) {
    (void)vm;
    Value wanted = value_symbol(symbol)->name, found = VALUE_FALSE;
    size_t length = string_length(wanted);
    // One character is no basis for a guess.
    if (length < 2 || length > LONGEST)
        return VALUE_FALSE;
    size_t limit = length < 6 ? 1 : length / 3;
    if (limit > 3)
        limit = 3;
    for (; value_is_pair(names); names = value_cdr(names)) {
        Value name = value_car(names);
        if (!value_is_symbol(name) || name == symbol)
            continue;
        Value text = value_symbol(name)->name;
        size_t other = string_length(text);
        if (other < 2 || other > LONGEST || other > length + limit || length > other + limit)
            continue;
        if (string_char(text, 0) == '%')
            continue; // internal
        size_t d = distance(wanted, text, limit);
        if (d > limit)
            continue;
        // Among equals the one that sorts first, so that the answer does not depend on the order of
        // the list.
        if (found != VALUE_FALSE && d == limit &&
            rt_string_compare(text, value_symbol(found)->name) >= 0)
            continue;
        limit = d;
        found = name;
        if (d == 0)
            break;
    }
    return found;
}
