// The composition root: the one file that knows every tier and guest.
#include "guests/guests.h"
#include "tier1/tier1.h"
#include "vm/cli.h"
#include "vm/guest.h"

int main(int argc, char **argv) {
    vm_tier_register(&t1_tier);
    vm_guests_register(&guests_all);
    return vm_main(argc, argv);
}
