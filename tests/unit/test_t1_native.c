// tier1/native.c: exits, unwinding, calls between native and interpreted functions in any mixture.
// What every tier must do is done with shadows (native_shadow.h) for some, most or all procedures,
// with exits and inlining at random. What they do not have (sunk objects, certain moments) is
// written here as compiled code would be.
#include "tier1/machine_int.h"
#include "tier1/tier1.h"
#include "tier_tests.h"
#include "tests/driver/native_shadow.h"

int main(void) {
    setenv("KILN_NATIVE_STACK", "256k", 1);
    tier = &t1_tier;
    const struct CMUnitTest tests[] = {TIER_TESTS};
    int failed = 0;
    for (int i = 0; i < SHADOW_MIXES; i++) {
        shadow_use(&shadow_mixes[i], 1);
        failed += _cmocka_run_group_tests(shadow_mixes[i].name, tests, sizeof tests / sizeof *tests, NULL, NULL);
        shadow_report();
    }
    return failed;
}
