// runtime/dict.c: dictionaries of SX.
#include "calls.h"

static void test_making(void **state) {
    (void)state;
    CHECK("(dict :a 1 \"b\" 2)", "{:a 1 \"b\" 2}");
    CHECK("(dict)", "{}");
    CHECK("(dict :a)", "dict: expected keys and values in pairs, got 1 argument");
    CHECK("(dict :a 1 :b 2 :a 3)", "{:a 3 :b 2}");
    CHECK("(list (dict? {}) (dict? '()) (dict? (%make-table 'eq #f)) (hash-table? {}))",
          "(#t #f #f #f)");
    CHECK("(alist->dict '((a . 1) (b . 2) (a . 3)))", "{a 1 b 2}");
    CHECK("(alist->dict '((a . 1) b))",
          "alist->dict: argument 1: expected association list, got ((a . 1) b)");
    CHECK("(dict->alist {:a 1 :b 2})", "((:a . 1) (:b . 2))");
    CHECK("(define d {:a 1}) (define e (dict-copy d)) (dict-set! e :a 2) (list d e)",
          "({:a 1} {:a 2})");
}

static void test_access(void **state) {
    (void)state;
    CHECK("(%dict-get {:a 1} :a 'none)", "1");
    CHECK("(%dict-get {:a 1} :b 'none)", "none");
    CHECK("(%dict-get 5 :b 'none)", "dict-get: argument 1: expected dictionary, got 5");
    CHECK("(dict-ref {:a 1} :a)", "1");
    CHECK("(dict-ref {:a 1} :b 2)", "2");
    CHECK("(dict-ref {:a 1} :b)", "dict-ref: key is not in the dictionary: :b");
    CHECK("(list (%dict-get {\"k\" 1} \"k\" #f) (%dict-get {(1 #(2)) 1} '(1 #(2)) #f) (%dict-get "
          "{1.5 1} 1.5 #f) (%dict-get {1 1} 1.0 #f))",
          "(1 1 1 #f)");
    CHECK("(list (dict-has-key? {:a #f} :a) (dict-has-key? {:a 1} :b) (dict-size {:a 1 :b 2}))",
          "(#t #f 2)");
    CHECK("(list (dict-keys {:b 1 :a 2}) (dict-vals {:b 1 :a 2}))", "((:b :a) (1 2))");
}

static void test_changes(void **state) {
    (void)state;
    CHECK("(define d {:a 1 :b 2 :c 3}) (dict-delete! d :b) (dict-set! d :d 4) (dict-set! d :b 5) d",
          "{:a 1 :c 3 :d 4 :b 5}");
    CHECK("(define d {:a 1}) (dict-delete! d :z) d", "{:a 1}");
    CHECK("(define d {:a 1}) (dict-clear! d) (dict-set! d :x 1) d", "{:x 1}");
    CHECK("(dict-set! 1 2 3)", "dict-set!: argument 1: expected dictionary, got 1");
    CHECK("(define d {:a 1}) (list (%dict-assoc d :b 2 :a 3) d)", "({:a 3 :b 2} {:a 1})");
    CHECK("(%dict-assoc {} :a)", "dict-assoc: expected keys and values in pairs, got 1 argument");
    CHECK("(define d {:a 1 :b 2}) (list (%dict-dissoc d :a :z) d)", "({:b 2} {:a 1 :b 2})");
    CHECK("(dict-merge {:a 1 :b 2} {:c 3 :a 9} {:b 8})", "{:a 9 :b 8 :c 3}");
    CHECK("(dict-merge)", "{}");
    CHECK("(dict-merge {} 5)", "dict-merge: argument 2: expected dictionary, got 5");
    CHECK("(define d {:a 1 :b 2}) (define c (%cursor d)) (%cursor-next! c) (%cursor-next! c) (list "
          "(%cursor-key c) (%cursor-value c))",
          "(:b 2)");
}

static void test_sizes(void **state) {
    (void)state;
    // Across the size at which hashing begins: the same order and the same answers.
    for (int n = 0; n < 40; n++) {
        Value dict = rt_dict_new(vm);
        for (int i = 0; i < n; i++) {
            Value key = i % 3 == 0   ? value_from_fixnum(i)
                        : i % 3 == 1 ? rt_list(vm, 1, value_from_fixnum(i))
                                     : value_from_double(i);
            assert_true(rt_dict_put(vm, dict, key, value_from_fixnum(i)));
        }
        assert_int_equal(rt_dict_count(dict), n);
        int i = 0;
        for (Value l = rt_table_values(vm, dict); value_is_pair(l); l = value_cdr(l))
            assert_int_equal(value_fixnum(value_car(l)), i++);
        for (i = 0; i < n; i++) {
            Value key = i % 3 == 0   ? value_from_fixnum(i)
                        : i % 3 == 1 ? rt_list(vm, 1, value_from_fixnum(i))
                                     : value_from_double(i);
            assert_true(rt_dict_get(vm, dict, key, VALUE_FALSE) == value_from_fixnum(i));
        }
        // Equal to the same entries in reverse order, and hashed alike.
        Value reversed = rt_dict_new(vm);
        for (Value l = rt_list_reverse(vm, rt_table_to_alist(vm, dict)); value_is_pair(l);
             l = value_cdr(l))
            assert_true(
                rt_dict_put(vm, reversed, value_car(value_car(l)), value_cdr(value_car(l))));
        bool same;
        assert_true(rt_equal(vm, dict, reversed, &same) && same);
        assert_true(rt_equal_hash(dict) == rt_equal_hash(reversed));
        if (n > 0) {
            assert_true(rt_dict_put(vm, reversed, value_from_fixnum(0), VALUE_NULL));
            assert_true(rt_equal(vm, dict, reversed, &same) && !same);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_making),
        UNIT_TEST(test_access),
        UNIT_TEST(test_changes),
        UNIT_TEST(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
