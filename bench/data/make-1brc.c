// Writes the input of programs/1brc.scm: make-1brc ROWS > FILE
//
// Each row is "station;temperature\n": one of 413 stations, a temperature with one decimal around
// the station's own mean, -99.9 to 99.9. Names are made of syllables, some with letters outside
// ASCII, in UTF-8. The same number of rows gives the same file on every machine.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATIONS = 413, NAME_BYTES = 64 };

typedef struct {
    char name[NAME_BYTES]; // NUL-terminated UTF-8
    size_t length;         // bytes
    int mean;              // tenths of a degree
} Station;

// xorshift64*, Vigna 2016.
static uint64_t random_next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static unsigned random_below(uint64_t *state, unsigned bound) {
    return (unsigned)((random_next(state) >> 33) % bound);
}

static void station_init(Station *station, unsigned index, uint64_t *state) {
    static const char *const first[] = {"Ka",  "Lo",  "Mi",  "São ", "Ve",  "Zü",  "Ta",
                                        "Nor", "El ", "Bri", "Å",    "Gar", "Pun", "Wel",
                                        "Ĥa",  "Dor", "Sa",  "Ulm",  "Oke", "Ji"};
    static const char *const middle[] = {"ra", "len", "to", "ñi", "ber",
                                         "ga", "sto", "ki", "mo", "ler"};
    static const char *const last[] = {"ville", "stad", "gård", "polis", "", "burg", "mar", "ton"};
    // The index is spelt in the syllables, so no two names are equal.
    int length = snprintf(station->name, sizeof station->name, "%s%s%s", first[index % 20],
                          middle[index / 20 % 10], last[index / 200 % 8]);
    if (length < 0 || (size_t)length >= sizeof station->name)
        abort();
    station->length = (size_t)length;
    station->mean = (int)random_below(state, 500) - 150;
}

int main(int argc, char **argv) {
    char *end = nullptr;
    unsigned long rows = argc == 2 ? strtoul(argv[1], &end, 10) : 0;
    if (argc != 2 || *end != '\0' || rows == 0) {
        fputs("usage: make-1brc ROWS\n", stderr);
        return 2;
    }
    static Station stations[STATIONS];
    uint64_t state = UINT64_C(88172645463325252);
    for (unsigned i = 0; i < STATIONS; i++)
        station_init(&stations[i], i, &state);
    for (unsigned long i = 0; i < rows; i++) {
        const Station *station = &stations[random_below(&state, STATIONS)];
        // The sum of three even distributions comes near enough to a normal one.
        int t = station->mean +
                (int)(random_below(&state, 200) + random_below(&state, 200) +
                      random_below(&state, 200)) -
                300;
        fwrite(station->name, 1, station->length, stdout);
        printf(";%s%d.%d\n", t < 0 ? "-" : "", abs(t) / 10, abs(t) % 10);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("make-1brc");
        return 1;
    }
    return 0;
}
