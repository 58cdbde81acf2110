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

static void report_wrong(SettingId id) {
    static bool reported[SETTING_COUNT];
    if (!reported[id])
        fprintf(stderr, "kiln: %s=%s: expected %s; it is ignored\n", rt_settings[id].name,
                rt_setting(id), rt_settings[id].form);
    reported[id] = true;
}

// A number at *s, which is moved behind it.
static bool read_number(const char **s, uint64_t *number) {
    char *end;
    errno = 0;
    unsigned long long n = strtoull(*s, &end, 10);
    unsigned shift = 0;
    if (*end == 'k' || *end == 'K')
        shift = 10, end++;
    else if (*end == 'm' || *end == 'M')
        shift = 20, end++;
    else if (*end == 'g' || *end == 'G')
        shift = 30, end++;
    if (errno || end == *s || **s < '0' || **s > '9' || (n << shift) >> shift != n)
        return false;
    *s = end;
    *number = n << shift;
    return true;
}

uint64_t rt_setting_number(SettingId id, uint64_t otherwise) {
    const char *s = rt_setting(id);
    uint64_t number;
    if (!s)
        return otherwise;
    if (read_number(&s, &number) && !*s)
        return number;
    report_wrong(id);
    return otherwise;
}

int rt_setting_pair(SettingId id, uint64_t number[static 2]) {
    const char *s = rt_setting(id);
    if (!s)
        return 0;
    if (read_number(&s, &number[0])) {
        if (!*s)
            return 1;
        if (*s++ == ',' && read_number(&s, &number[1]) && !*s)
            return 2;
    }
    report_wrong(id);
    return 0;
}

int rt_setting_choice(SettingId id) {
    const char *s = rt_setting(id), *form = rt_settings[id].form;
    if (!s)
        return -1;
    for (int i = 0; *form; i++) {
        size_t n = strcspn(form, "|");
        if (n == strlen(s) && memcmp(form, s, n) == 0)
            return i;
        form += n + (form[n] == '|');
    }
    report_wrong(id);
    return -1;
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
