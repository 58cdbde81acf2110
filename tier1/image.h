// Images of Code (vm/image.h): the tier's part of what the cache keeps.
#ifndef KILN_TIER1_IMAGE_H
#define KILN_TIER1_IMAGE_H

#include "vm/image.h"

extern const TierImage t1_image;

#endif
