// The guests of this program, for the composition root: vm_guests_register(&guests_all).
#ifndef KILN_GUESTS_GUESTS_H
#define KILN_GUESTS_GUESTS_H

#include "vm/guest.h"

extern const Guests guests_all;

#endif
