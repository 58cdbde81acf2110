// The composition root: the one file that knows every tier.
#include "vm/cli.h"

int main(int argc, char **argv) { return vm_main(argc, argv); }
