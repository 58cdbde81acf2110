// The composition root: the one file that knows every tier.
#include "tier1/tier1.h"
#include "vm/cli.h"

int main(int argc, char **argv) {
    vm_tier_register(&t1_tier);
    return vm_main(argc, argv);
}
