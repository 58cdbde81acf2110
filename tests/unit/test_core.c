// vm/core.c, vm/dump.c, vm/suggest.c: constructors, walking, counts, costs, dumps.
#include "vm/suggest.h"
#include <stdio.h>

#include "core_text.h"

static void test_constructors(void **state) {
    (void)state;
    Position p = position_make(1, 2, 3);
    Node *c = vm_node_const(vm, VALUE_TRUE, p);
    assert_int_equal(c->kind, NODE_CONST);
    assert_true(c->position == p);
    Node *items[2] = {c, vm_node_const(vm, VALUE_NULL, p)};
    assert_ptr_equal(vm_node_seq(vm, 1, items, p), c);
    Node *seq = vm_node_seq(vm, 2, items, p);
    assert_int_equal(seq->seq.count, 2);
    items[0] = NULL; // the array was copied
    assert_ptr_equal(seq->seq.items[0], c);
    assert_ptr_equal(vm_node_let(vm, 0, NULL, NULL, c, p), c);
    Var *x = vm_var_new(vm, rt_intern(vm, "x"));
    Node *let = vm_node_let(vm, 1, &x, &c, vm_node_local(vm, x, p), p);
    assert_ptr_equal(x->init, c);
    assert_int_equal(let->kind, NODE_LET);
    Node *prim = vm_node_prim(vm, "car", 1, &c, p);
    assert_true(prim->prim.cell == VALUE_NONE);
    assert_string_equal(prim->prim.prim->name, "car");
}

typedef struct Order {
    char text[64];
} Order;

static void note(Node **child, void *context) {
    Order *o = context;
    size_t n = strlen(o->text);
    snprintf(o->text + n, sizeof o->text - n, "%d ", (int)value_fixnum((*child)->constant));
}

static void test_order_of_children(void **state) {
    (void)state;
    Order o = {""};
    // Arguments from left to right, then the operator.
    vm_node_each_child(core_read("(1 2 3)"), note, &o);
    assert_string_equal(o.text, "2 3 1 ");
    o.text[0] = 0;
    vm_node_each_child(core_read("(if 1 2 3)"), note, &o);
    vm_node_each_child(core_read("(let ((x 4) (y 5)) 6)"), note, &o);
    vm_node_each_child(core_read("(case-lambda (() 7) ((x) 8))"), note, &o);
    assert_string_equal(o.text, "1 2 3 4 5 6 7 8 ");
}

static void test_counts(void **state) {
    (void)state;
    Node *node = core_read("(let ((f 1) (x 2)) (f x) (f x f) (set! x 3) x)");
    Var *f = node->let.vars[0], *x = node->let.vars[1];
    assert_int_equal(f->refs, 3);
    assert_int_equal(f->calls, 2);
    assert_int_equal(f->sets, 0);
    assert_int_equal(x->refs, 3);
    assert_int_equal(x->sets, 1);
    assert_int_equal(f->id, 0);
    assert_int_equal(x->id, 1);
    assert_true(vm_node_count(vm, node)); // afresh
    assert_int_equal(f->refs, 3);
}

static void test_cost(void **state) {
    (void)state;
    Node *node = core_read("(begin (+ 1 2) (if 1 2 3))");
    assert_int_equal(vm_node_cost(vm, node, 100), 8);
    assert_int_equal(vm_node_cost(vm, node, 3), 3);
}

static bool discardable(const char *text) { return vm_node_is_discardable(core_read(text)); }

static void test_discardable(void **state) {
    (void)state;
    assert_true(discardable("1"));
    assert_true(discardable("(lambda () (f))"));
    assert_true(discardable("car"));
    assert_false(discardable("not-yet-defined"));
    assert_true(discardable("(let ((x 1)) (if x x (prim cons x x)))"));
    assert_false(discardable("(prim car 1)"));
    assert_false(discardable("(f)"));
    assert_false(discardable("(define g 1)"));
    assert_false(discardable("(let ((x 1)) (set! x 2))"));
}

static void test_dump(void **state) {
    (void)state;
    assert_string_equal(dump_of(core_read("(lambda (x) (+ x 'a \"s\" '() #t))")),
                        "(lambda (x.0) (+ x.0 'a \"s\" '() #t))");
    assert_string_equal(dump_of(core_read("(named f (a &optional b &key c &rest d) (prim car a))")),
                        "(lambda f (a.0 &optional b.1 &key (:c c.2) &rest d.3) [car a.0])");
    assert_string_equal(dump_of(core_read("(case-lambda (() 1) ((x) x))")),
                        "(case-lambda (() 1) ((x.0) x.0))");
    assert_string_equal(dump_of(core_read("(begin (define g 1) (set! g 2) (if g 1 2))")),
                        "(seq (define g 1) (set! g 2) (if g 1 2))");
    assert_string_equal(dump_of(core_read("(let ((x 1) (y 2)) (set! x y))")), "(let ((x.0 1)\n"
                                                                              "      (y.1 2))\n"
                                                                              "  (set! x.0 y.1))");
    assert_string_equal(dump_of(core_read("(fix ((f (lambda () (f)))) f)")),
                        "(fix ((f.0 (lambda () (f.0)))) f.0)");
}

static void test_dump_breaks_long_lines(void **state) {
    (void)state;
    const char *text = dump_of(
        core_read("(f (g aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)"
                  "   (h ccccccccccccccccccccccccccccccccccccc dddddddddddddddddddddddd))"));
    assert_string_equal(
        text, "(f\n"
              "  (g aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)\n"
              "  (h ccccccccccccccccccccccccccccccccccccc dddddddddddddddddddddddd))");
}

static void test_positions_on_request(void **state) {
    (void)state;
    Node *f = vm_node_global(vm, core_cell("car"), 0);
    Node *call = vm_node_call(vm, f, 0, NULL, position_make(1, 12, 5));
    assert_string_equal(text_of(vm_node_dump_with(vm, call, DUMP_POSITIONS)), "(car @12:5)");
}

static Value names(const char *const *name) {
    Value list = VALUE_NULL;
    for (; *name; name++)
        list = rt_cons(vm, rt_intern(vm, *name), list);
    return list;
}

static void test_suggest(void **state) {
    (void)state;
    Value known = names((const char *const[]){"string-length", "string-append", "map", "max",
                                              "%secret", "car", NULL});
    const char *const cases[][2] = {
        {"string-lenght", "string-length"}, // exchange
        {"strng-append", "string-append"},  // deletion
        {"mapp", "map"},                    // insertion
        {"mzx", "max"},                     // replacement
        {"maq", "map"},                     // a tie: the first by name
        {"secret", NULL},                   // internal names are not offered
        {"zzz", NULL},
        {"m", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Value found = vm_suggest(vm, known, rt_intern(vm, cases[i][0]));
        if (cases[i][1])
            assert_true(found == rt_intern(vm, cases[i][1]));
        else
            assert_true(found == VALUE_FALSE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_constructors),
        UNIT_TEST(test_order_of_children),
        UNIT_TEST(test_counts),
        UNIT_TEST(test_cost),
        UNIT_TEST(test_discardable),
        UNIT_TEST(test_dump),
        UNIT_TEST(test_dump_breaks_long_lines),
        UNIT_TEST(test_positions_on_request),
        UNIT_TEST(test_suggest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
