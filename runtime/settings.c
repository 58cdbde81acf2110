// Settings from the environment.
#include "runtime/settings.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Setting rt_settings[SETTING_COUNT] = {
#define SETTING(id, nm, fm, text) {.name = nm, .form = fm, .doc = text},
#include "runtime/settings.def"
#undef SETTING
};

const char *rt_setting(SettingId id) {
    const char *s = getenv(rt_settings[id].name);
    return s && *s ? s : NULL;
}

uint64_t rt_setting_number(SettingId id, uint64_t otherwise) {
    const char *s = rt_setting(id);
    if (!s)
        return otherwise;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(s, &end, 10);
    unsigned shift = 0;
    if (*end == 'k' || *end == 'K')
        shift = 10, end++;
    else if (*end == 'm' || *end == 'M')
        shift = 20, end++;
    else if (*end == 'g' || *end == 'G')
        shift = 30, end++;
    if (errno || end == s || *end || *s == '-' || (n << shift) >> shift != n) {
        static bool reported[SETTING_COUNT];
        if (!reported[id])
            fprintf(stderr, "kiln: %s=%s: expected %s; it is ignored\n", rt_settings[id].name, s,
                    rt_settings[id].form);
        reported[id] = true;
        return otherwise;
    }
    return n << shift;
}

bool rt_setting_has(SettingId id, const char *word) {
    const char *s = rt_setting(id);
    size_t n = strlen(word);
    while (s && *s) {
        size_t k = strcspn(s, ",");
        if (k == n && memcmp(s, word, n) == 0)
            return true;
        s += k;
        if (*s == ',')
            s++;
    }
    return false;
}
