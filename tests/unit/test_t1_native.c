// tier1/native.c: exits, unwinding, calls between native and interpreted functions in any mixture.
// What every tier must do is done with shadows (native_shadow.h) for some, most or all procedures,
// with exits and inlining at random. What they do not have (sunk objects, certain moments) is
// written here as compiled code would be.
#include "tier1/machine_int.h"
#include "tier1/tier1.h"
#include "tier_tests.h"
#include "native_shadow.h"

// ---- programs of all tiers

typedef struct Mix {
    const char *name;
    unsigned install, exit, inlined, apply, again;
} Mix;
static const Mix mixes[] = {
    {"none", 0, 0, 0, 0, 1},       {"all", 1, 0, 0, 0, 1},        {"inlined", 1, 0, 1, 0, 1},
    {"exits", 1, 5, 0, 0, 3},      {"some", 3, 0, 3, 3, 4},       {"storm", 1, 1, 2, 2, 2},
    {"mixed", 2, 20, 2, 4, 6},     {"late", 2, 50, 2, 4, 40},
};
enum { MIXES = sizeof mixes / sizeof *mixes };

static void use_mix(const Mix *mix, uint64_t seed) {
    memset(&shadow, 0, sizeof shadow);
    shadow.seed = seed;
    shadow.install_chance = mix->install;
    shadow.exit_chance = mix->exit;
    shadow.inline_chance = mix->inlined;
    shadow.apply_chance = mix->apply;
    shadow.again = mix->again;
}

int main(void) {
    setenv("KILN_NATIVE_STACK", "256k", 1);
    tier = &t1_tier;
    vm_hot_hook = (HotHook){.entries = 1, .loops = 1, .hot = shadow_hot};
    t1_native_idle = shadow_idle;
    const struct CMUnitTest tests[] = {TIER_TESTS};
    int failed = 0;
    for (int i = 0; i < MIXES; i++) {
        use_mix(&mixes[i], 1);
        failed += _cmocka_run_group_tests(mixes[i].name, tests, sizeof tests / sizeof *tests, NULL, NULL);
        print_message("%s: %lu installed, %lu calls, %lu exits, %lu loops, %lu records, %lu overflows\n", mixes[i].name, shadow.installed, shadow.calls, shadow.exits, shadow.entries_of_loops, shadow.records, shadow.overflows);
    }
    return failed;
}
