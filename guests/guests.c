// The table of guests (guests.def) with their texts embedded.
#include "guests/guests.h"
#include <stddef.h>

#define GUEST_FILE(extension, library, procedure)
#define GUEST_LIBRARY(name, path) {name, path, (const unsigned char[]) {
#define GUEST_LIBRARY_END , 0}},
#define GUEST_TEXT(name, path) {name, path, (const unsigned char[]) {
#define GUEST_TEXT_END , 0}},
static const GuestText libraries[] = {
#include "guests/libraries.def"
    {NULL, NULL, NULL},
};
static const GuestText texts[] = {
#include "guests/texts.def"
    {NULL, NULL, NULL},
};
#undef GUEST_FILE
#define GUEST_FILE(extension, library, procedure) {extension, library, procedure},
static const GuestFile files[] = {
#include "guests/files.def"
    {NULL, NULL, NULL},
};

const Guests guests_all = {libraries, texts, files};
