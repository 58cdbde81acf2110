// Settings from the environment: the only place that reads KILN_* variables.
//
// Duty: one table (settings.def) with name, form and documentation of each, so that `kiln help env`
// lists all.
#ifndef KILN_RUNTIME_SETTINGS_H
#define KILN_RUNTIME_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

typedef enum SettingId {
#define SETTING(id, name, form, doc) SETTING_##id,
#include "runtime/settings.def"
#undef SETTING
    SETTING_COUNT
} SettingId;

typedef struct Setting {
    const char *name, *form, *doc;
} Setting;

extern const Setting rt_settings[SETTING_COUNT];

// Its value, NULL when it is not set or empty.
const char *rt_setting(SettingId id);
// A non-negative number with an optional suffix k, m or g (powers of 1024); `otherwise` when it is
// not set. A malformed value is reported once on standard error and counts as not set.
uint64_t rt_setting_number(SettingId id, uint64_t otherwise);
// Up to two such numbers with a comma between them. How many there are; 0: it is not set.
int rt_setting_pair(SettingId id, uint64_t number[static 2]);
// Which of the words of its form, a|b|c, it is: from 0; -1: it is not set. Another value is
// reported once and counts as not set.
int rt_setting_choice(SettingId id);
// True when the comma-separated list holds the word.
bool rt_setting_has(SettingId id, const char *word);

#endif
