// The composition root: the one file that knows every tier.
#include "tier1/tier1.h"
#include "tier2/policy_tier.h"
#include "vm/cli.h"

int main(int argc, char **argv) {
    vm_tier_register(&t1_tier);
    t2_register();
    return vm_main(argc, argv);
}
