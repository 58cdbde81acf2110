// runtime/list.c: pairs, lists, and what the list procedures say of wrong arguments.
#include "calls.h"

static void test_pairs(void **state) {
    (void)state;
    CHECK("(car '(1 2))", "1");
    CHECK("(cdr '(1 . 2))", "2");
    CHECK("(car 5)", "car: argument 1: expected pair, got 5");
    CHECK("(cdr '())", "cdr: argument 1: expected pair, got ()");
    CHECK("(cadr '(1 2 3))", "2");
    CHECK("(cddr '(1 2 3))", "(3)");
    CHECK("(caar '((1) 2))", "1");
    CHECK("(cdar '((1 . 4) 2))", "4");
    CHECK("(cadddr '(1 2 3 4))", "4");
    CHECK("(cddddr '(1 2 3 4 . 5))", "5");
    CHECK("(caaddr '(1 2 (3)))", "3");
    CHECK("(cdaadr '(1 ((3 . 7))))", "7");
    CHECK("(cadr '(1))", "cadr: argument 1: expected pair with a cadr, got (1)");
    CHECK("(cddddr '(1))", "cddddr: argument 1: expected pair with a cddddr, got (1)");
    CHECK("(define p (cons 1 2)) (set-car! p 3) (set-cdr! p 4) p", "(3 . 4)");
    CHECK("(set-car! 7 1)", "set-car!: argument 1: expected pair, got 7");
}

static void test_kinds(void **state) {
    (void)state;
    CHECK("(list (list? '()) (list? '(1 2)) (list? '(1 . 2)) (list? 5))", "(#t #t #f #f)");
    CHECK("(list? '#0=(1 2 . #0#))", "#f");
    CHECK("(list (circular-list? '#0=(1 . #0#)) (circular-list? '(1)) (dotted-list? '(1 . 2)))",
          "(#t #f #t)");
    CHECK("(length '(1 2 3))", "3");
    CHECK("(length '())", "0");
    CHECK("(length '(1 . 2))", "length: argument 1: expected list, got (1 . 2)");
    CHECK("(length+ '#0=(1 2 3 . #0#))", "#f");
    CHECK("(length '#0=(1 . #0#))", "length: argument 1: expected list, got #0=(1 . #0#)");
    CHECK("(null-list? '())", "#t");
    CHECK("(null-list? 3)", "null-list?: argument 1: expected list, got 3");
    // Every length around the powers of two at which the watch for cycles moves its mark.
    for (int tail = 0; tail < 70; tail++)
        for (int period = 1; period < 70; period += 3) {
            Value last = rt_cons(vm, VALUE_NULL, VALUE_NULL), circle = last;
            for (int i = 1; i < period; i++)
                circle = rt_cons(vm, VALUE_NULL, circle);
            rt_heap_store(&value_pair(last)->cdr, circle);
            for (int i = 0; i < tail; i++)
                circle = rt_cons(vm, VALUE_NULL, circle);
            assert_int_equal(rt_list_length(circle), LIST_CIRCULAR);
        }
    assert_int_equal(rt_list_length(value_from_fixnum(1)), LIST_IMPROPER);
}

static void test_making(void **state) {
    (void)state;
    CHECK("(list)", "()");
    CHECK("(cons* 1 2 '(3))", "(1 2 3)");
    CHECK("(cons* 1)", "1");
    CHECK("(make-list 3 'x)", "(x x x)");
    CHECK("(make-list 0 'x)", "()");
    CHECK("(make-list -1 'x)", "make-list: argument 1: expected index, got -1");
    CHECK("(make-list 1.5 'x)", "make-list: argument 1: expected index, got 1.5");
    CHECK("(iota 4)", "(0 1 2 3)");
    CHECK("(iota 3 1 -2)", "(1 -1 -3)");
    CHECK("(iota 3 0 0.5)", "(0 0.5 1.0)");
    CHECK("(iota 2 'a)", "iota: argument 2: expected number, got a");
    CHECK("(circular-list 1 2)", "#0=(1 2 . #0#)");
    CHECK("(list-copy '(1 2 . 3))", "(1 2 . 3)");
    CHECK("(list-copy 5)", "5");
    CHECK("(define a '(1 2)) (define b (list-copy a)) (set-car! b 9) (list a b)", "((1 2) (9 2))");
    CHECK("(define a '((x . 1))) (define b (alist-copy a)) (set-cdr! (car b) 2) (list a b)",
          "(((x . 1)) ((x . 2)))");
    Value v = calls_value("(make-list 281474976710655)");
    assert_true(v == VALUE_FAILURE && rt_is_condition(vm, vm->condition, CONDITION_MEMORY));
}

static void test_appending(void **state) {
    (void)state;
    CHECK("(append)", "()");
    CHECK("(append 5)", "5");
    CHECK("(append '(1) '(2 3) '() '(4))", "(1 2 3 4)");
    CHECK("(append '(1) 2)", "(1 . 2)");
    CHECK("(append '(1) '(2 . 3) '(4))", "append: argument 2: expected list, got (2 . 3)");
    CHECK("(append '#0=(1 . #0#) '())", "append: argument 1: expected list, got #0=(1 . #0#)");
    CHECK("(define tail '(3)) (eq? tail (cddr (append '(1 2) tail)))", "#t");
    CHECK("(append! (list 1) '() (list 2 3) 4)", "(1 2 3 . 4)");
    CHECK("(define l (list 1 2)) (append! l l)", "#0=(1 2 . #0#)");
    CHECK("(concatenate '((1) () (2 3) (4)))", "(1 2 3 4)");
    CHECK("(concatenate '((1) . 2))", "concatenate: argument 1: expected list, got ((1) . 2)");
    CHECK("(reverse '(1 2 3))", "(3 2 1)");
    CHECK("(reverse '(1 . 2))", "reverse: argument 1: expected list, got (1 . 2)");
    CHECK("(reverse! (list 1 2 3))", "(3 2 1)");
    CHECK("(append-reverse '(1 2) '(3))", "(2 1 3)");
    CHECK("(append-reverse! (list 1 2) 3)", "(2 1 . 3)");
}

static void test_parts(void **state) {
    (void)state;
    CHECK("(list-tail '(1 2 3) 3)", "()");
    CHECK("(list-tail '(1 2 3) 4)", "list-tail: argument 2: index 4 is out of range 0 to 3");
    CHECK("(list-tail 7 0)", "7");
    CHECK("(list-ref '(1 2 3) 2)", "3");
    CHECK("(list-ref '(1 2 3) 3)", "list-ref: argument 2: index 3 is out of range 0 to 2");
    CHECK("(list-ref '(1 2 3) -1)", "list-ref: argument 2: index -1 is out of range 0 to 2");
    CHECK("(list-ref '(1 2 3) 1.0)", "list-ref: argument 2: expected index, got 1.0");
    CHECK("(list-ref 5 0)", "list-ref: argument 1: expected pair, got 5");
    CHECK("(list-ref '() 0)", "list-ref: argument 2: index 0 is out of range: it is empty");
    CHECK("(list-ref '#0=(1 2 3 . #0#) 100000000001)", "3");
    CHECK("(define l (list 1 2 3)) (list-set! l 1 'x) l", "(1 x 3)");
    CHECK("(take '(1 2 3) 2)", "(1 2)");
    CHECK("(take '(1) 2)", "take: argument 2: index 2 is out of range 0 to 1");
    CHECK("(drop '(1 2 3) 2)", "(3)");
    CHECK("(take-right '(1 2 . 3) 1)", "(2 . 3)");
    CHECK("(drop-right '(1 2 3) 1)", "(1 2)");
    CHECK("(drop-right '(1 2 3) 4)", "drop-right: argument 2: index 4 is out of range 0 to 3");
    CHECK("(last '(1 2 3))", "3");
    CHECK("(last-pair '(1 2 . 3))", "(2 . 3)");
    CHECK("(last '())", "last: argument 1: expected pair, got ()");
    CHECK("(list (first '(1 2)) (second '(1 2)) (tenth '(1 2 3 4 5 6 7 8 9 10)))", "(1 2 10)");
    CHECK("(third '(1 2))", "third: argument 1: expected list of at least 3 elements, got (1 2)");
}

static void test_searching(void **state) {
    (void)state;
    CHECK("(memq 'c '(a b c d))", "(c d)");
    CHECK("(memq 'e '(a b c d))", "#f");
    CHECK("(memv 1.5 '(1 1.5 2))", "(1.5 2)");
    CHECK("(memv 100000000000000000000 '(1 100000000000000000000))", "(100000000000000000000)");
    CHECK("(%member \"b\" '(\"a\" \"b\"))", "(\"b\")");
    CHECK("(%member '(1 #(2)) '(1 (1 #(2)) 3))", "((1 #(2)) 3)");
    CHECK("(memq 'e '(a . b))", "memq: argument 2: expected list, got (a . b)");
    CHECK("(memq 'e '#0=(a b . #0#))", "memq: argument 2: expected list, got #0=(a b . #0#)");
    CHECK("(memq 'b '(a b . c))", "(b . c)");
    CHECK("(assq 'b '((a 1) (b 2)))", "(b 2)");
    CHECK("(assv 2.0 '((2 a) (2.0 b)))", "(2.0 b)");
    CHECK("(%assoc \"b\" '((\"a\" . 1) (\"b\" . 2)))", "(\"b\" . 2)");
    CHECK("(assq 'x '((a 1) b))", "assq: argument 2: expected association list, got ((a 1) b)");
    CHECK("(assq 'x 5)", "assq: argument 2: expected association list, got 5");
}

static void test_deleting(void **state) {
    (void)state;
    CHECK("(%delete 2 '(1 2 3 2 4))", "(1 3 4)");
    CHECK("(%delete \"a\" '(\"a\" \"a\"))", "()");
    CHECK("(define l '(1 2 3)) (eq? l (%delete 9 l))", "#t");
    CHECK("(%delete-duplicates1 '(a b a \"c\" c \"c\" 1 1.0 1))", "(a b \"c\" c 1 1.0)");
    CHECK("(%alist-delete 'a '((a . 1) (b . 2) (a . 3)))", "((b . 2))");
    CHECK("(%alist-delete 'a '(1))",
          "alist-delete: argument 2: expected association list, got (1)");
}

static void test_long_lists(void **state) {
    (void)state;
    // No function recurses along a list.
    Value list = VALUE_NULL;
    for (int i = 0; i < 1000000; i++)
        list = rt_cons(vm, value_from_fixnum(i), list);
    assert_int_equal(rt_list_length(list), 1000000);
    Value copy = rt_list_append(vm, list, VALUE_NULL);
    assert_int_equal(rt_list_length(rt_list_reverse(vm, copy)), 1000000);
    assert_int_equal(value_fixnum(value_car(rt_list_reverse_in_place(copy, VALUE_NULL))), 0);
    assert_int_equal(rt_list_length(rt_list(vm, 3, list, list, VALUE_NULL)), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_pairs),     UNIT_TEST(test_kinds),      UNIT_TEST(test_making),
        UNIT_TEST(test_appending), UNIT_TEST(test_parts),      UNIT_TEST(test_searching),
        UNIT_TEST(test_deleting),  UNIT_TEST(test_long_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
