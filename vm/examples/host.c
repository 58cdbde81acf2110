// A host program: it embeds Kiln, gives it a function, evaluates, calls, converts, handles an
// error. Built as build/host-example; tests/cli/embedding.test shows what it prints.
#include "vm/kiln.h"
#include <stdio.h>
#include <stdlib.h>

// (area width height) in C: the product of two numbers.
static KilnRef *area(Kiln *k, int argc, KilnRef *const *argv, void *data) {
    (void)argc;
    double w, h;
    if (!kiln_to_double(k, argv[0], &w) || !kiln_to_double(k, argv[1], &h))
        return kiln_fail(k, "expected two real numbers");
    ++*(int *)data;
    return kiln_double(k, w * h);
}

static void die(Kiln *k) {
    fputs(kiln_error_report(k), stderr);
    exit(1);
}

static void session(int number) {
    Kiln *k = kiln_create(NULL);
    if (!k)
        exit(1);
    int calls = 0;
    if (kiln_define_function(k, "area", area, 2, 2, &calls) != KILN_OK)
        die(k);

    // Evaluate a text; the value of its last form comes back.
    KilnRef *rooms = NULL;
    const char *text = "(defn total (rooms) (sum (map (fn ((w h)) (area w h)) rooms)))\n"
                       "'((3 4) (2.5 6))";
    if (kiln_eval(k, text, "rooms.sx", &rooms) != KILN_OK)
        die(k);

    // Call one of its procedures, convert the result.
    KilnRef *total = kiln_global(k, "total"), *sum = NULL;
    if (kiln_call(k, total, 1, (KilnRef *[]){rooms}, &sum) != KILN_OK)
        die(k);
    double square_metres;
    if (!kiln_to_double(k, sum, &square_metres))
        die(k);
    printf("session %d: %td rooms, %.1f square metres, %d calls\n", number, kiln_length(k, rooms),
           square_metres, calls);

    // An error is a status; the session goes on.
    KilnRef *nothing = NULL;
    if (kiln_eval(k, "(area 3 \"four\")", "broken.sx", &nothing) == KILN_ERROR)
        printf("error: %s\n", kiln_error_text(k));

    kiln_release(k, rooms);
    kiln_release(k, total);
    kiln_release(k, sum);
    if (kiln_destroy(k) != 0)
        exit(1);
}

int main(void) {
    session(1);
    session(2); // VMs may follow one another
    return 0;
}
