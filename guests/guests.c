// The tables of guests with their texts embedded.
#include "guests/guests.h"
#include <stddef.h>

#define GUEST_LIBRARY(name, path)                                                                  \
    {                                                                                              \
        name, path, (const unsigned char[]) {
#define GUEST_LIBRARY_END                                                                          \
    , 0                                                                                            \
    }                                                                                              \
    }                                                                                              \
    ,
#define GUEST_TEXT(name, path)                                                                     \
    {                                                                                              \
        name, path, (const unsigned char[]) {
#define GUEST_TEXT_END                                                                             \
    , 0                                                                                            \
    }                                                                                              \
    }                                                                                              \
    ,
static const GuestText libraries[] = {
#include "guests/libraries.def"
    {NULL, NULL, NULL},
};
static const GuestText texts[] = {
#include "guests/texts.def"
    {NULL, NULL, NULL},
};
#define GUEST_FILE(extension, library, procedure, doc, test_library, test_procedure)               \
    {extension, library, procedure, doc, test_library, test_procedure},
static const GuestFile files[] = {
#include "guests/files.def"
    {NULL, NULL, NULL, NULL, NULL, NULL},
};
static const Command commands[] = {
#include "guests/commands.def"
    {NULL, NULL, NULL, NULL, NULL},
};

const Guests guests_all = {libraries, texts, files, commands};
