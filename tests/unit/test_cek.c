// vm/cek.c: the oracle.
#include "tier_tests.h"

int main(void) {
    tier = &vm_tier_cek;
    const struct CMUnitTest tests[] = {TIER_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
