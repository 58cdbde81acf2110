// The composition root: the one file that knows every tier and guest.
#include "guests/guests.h"
#include "tier1/tier1.h"
#include "tier2/policy_tier.h"
#include "tier2/tier2.h"
#include "vm/cli.h"
#include "vm/guest.h"

int main(int argc, char **argv) {
    vm_tier_register(&t1_tier);
    t2_tier_register(true);
    vm_guests_register(&guests_all);
    int status = vm_main(argc, argv);
    t2_process_ends(status);
    return status;
}
