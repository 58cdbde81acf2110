// tier1/interp*.c, apply.c, continue.c, tier1.c: what every tier must do, and what this one has of
// its own: quickening, a stack that moves to the heap, guards.
#include "tier1/machine_int.h"
#include "tier1/tier1.h"
#include "tier_tests.h"
#include <signal.h>
#include <sys/time.h>

// ---- arithmetic: each site sees fixnums, flonums and others in all orders

static void test_quickening(void **state) {
    (void)state;
    static const char *const operators[] = {"+",      "-", "*",  "/", "quotient", "remainder",
                                            "modulo", "<", "<=", "=", ">",        ">="};
    static const char *const operands[] = {"3",
                                           "2.5",
                                           "-7",
                                           "1/3",
                                           "562949953421311",
                                           "-562949953421312",
                                           "100000000000000000000",
                                           "0.0",
                                           "+nan.0",
                                           "-1",
                                           "4.0"};
    enum { N = sizeof operands / sizeof *operands };
    for (size_t o = 0; o < sizeof operators / sizeof *operators; o++)
        for (int first = 0; first < N; first++) {
            // The same site meets `first` twice and then all others; the oracle says what comes of
            // it.
            char text[8192], *p = text;
            bool integers = strcmp(operators[o], "quotient") == 0 || operators[o][0] == 'r' ||
                            operators[o][0] == 'm';
            p += sprintf(p, "(define op (lambda (a b) (%s a b)))", operators[o]);
            int calls = 0;
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < N; j++) {
                    int k = (first + j) % N;
                    // Integer operations fail on fractions, which is not what this is about.
                    bool fails = integers &&
                                 (strpbrk(operands[first], ".n/") || strpbrk(operands[k], ".n/"));
                    bool zero = strcmp(operands[k], "0.0") == 0;
                    if (fails || zero)
                        continue;
                    p += sprintf(p, "(cons (op %s %s) ", operands[first], operands[k]);
                    calls++;
                }
            p += sprintf(p, "'()");
            memset(p, ')', (size_t)calls);
            p[calls] = 0;
            vm->roots[15] = VALUE_NULL;
            static char expected[8192];
            tier = &vm_tier_cek;
            strcpy(expected, result_text(run_once(text)));
            tier = &t1_tier;
            vm->roots[15] = VALUE_NULL;
            assert_string_equal(result_text(run_once(text)), expected);
        }
}

static void test_fixnum_boundaries(void **state) {
    (void)state;
    check("(define f (lambda (n) (+ n 1))) (f 1) (list (f 562949953421311) (f 562949953421310))",
          "(562949953421312 562949953421311)");
    check("(define f (lambda (n) (- n 1))) (f 1) (list (f -562949953421312) (f -562949953421311))",
          "(-562949953421313 -562949953421312)");
    check("(define f (lambda (a b) (* a b))) (f 1 1) (list (f 67108864 33554432) (f "
          "562949953421311 1) (f -1 -562949953421312))",
          "(2251799813685248 562949953421311 562949953421312)");
    check("(define f (lambda (a b) (quotient a b))) (f 1 1) (f -562949953421312 -1)",
          "562949953421312");
    // What wraps around must not look like a fixnum.
    check("(%set-raise-hook! (lambda (c) 'failed)) (define f (lambda (a) (- a 100))) (f 1) (list "
          "(f #f) (f '()) (f #t))",
          "(failed failed failed)");
    check("(%set-raise-hook! (lambda (c) 'failed)) (define f (lambda (a) (+ a 100))) (f 1) (list "
          "(f #f) (f #\\a) (f 'x))",
          "(failed failed failed)");
    vm->raise_hook = VALUE_NONE;
}

static void test_flonum_sites_meet_others(void **state) {
    (void)state;
    check("(%set-raise-hook! (lambda (c) 'failed)) (define f (lambda (a b) (+ a b))) (f 1.0 2.0)"
          "(list (f 1.0 2) (f 'a 1.0) (f 1.0 #\\a) (f 1.0 2.0))",
          "(3.0 failed failed 3.0)");
    check("(%set-raise-hook! (lambda (c) 'failed)) (define f (lambda (a b) (if (< a b) 'yes 'no))) "
          "(f 1.0 2.0)"
          "(list (f +nan.0 1.0) (f 1 2) (f 2.5 #f))",
          "(no yes yes)");
    vm->raise_hook = VALUE_NONE;
}

// ---- the raise hook's answer in place of an instruction

static void test_answers_of_the_hook(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"(if (< 'a 1) 'yes 'no)", "yes"},
        {"(if (= 'a 1) 'yes 'no)", "yes"},
        {"(let ((x (< 'a 1))) x)", "answer"},
        {"(list (+ 1 'a 2 3))", "(answer)"},
        {"(list (car 1) (vector-ref '#(1) 7))", "(answer answer)"},
        {"(begin (set-car! 1 2) 'after)", "after"},
        {"(list (nowhere 1 2))", "(answer)"},
        {"((lambda () (car 1)))", "answer"},
        {"(begin (set! nowhere 1) 'after)", "after"},
        {"(apply car '(1))", "answer"},
        {"((lambda (x) x))", "answer"},
        {"(list ((lambda (x) x)))", "(answer)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "(%%set-raise-hook! (lambda (c) 'answer)) %s", cases[i][0]);
        check(text, cases[i][1]);
    }
    vm->raise_hook = VALUE_NONE;
}

// ---- the stack and the heap

// The stack begins to spill after so many words, whatever it has.
static void shorten_stack(size_t words) {
    (void)run_once("1");
    vm->frame_limit = t1_stack_top(vm) + words;
}

static void test_spilling(void **state) {
    (void)state;
    shorten_stack(1000);
    check("(define f (lambda (n) (if (= n 0) 0 (+ 1 (f (- n 1)))))) (f 100000)", "100000");
    check("(define f (lambda (n . r) (if (= n 0) 0 (+ 1 (apply f (- n 1) r))))) 1", "1");
    check("(define f (lambda (n &rest r) (if (= n 0) (length r) (+ 1 (apply f (- n 1) r))))) (f "
          "20000 1 2 3)",
          "20003");
    check("(define f (lambda (n) (if (= n 0) 0 (call-with-values (lambda () (f (- n 1))) (lambda "
          "(x) (+ x 1)))))) (f 20000)",
          "20000");
    check("(define f (lambda (n) (if (= n 0) (car 5) (+ 1 (f (- n 1)))))) (%set-raise-hook! "
          "(lambda (c) 1000)) (f 5000)",
          "6000");
    vm->raise_hook = VALUE_NONE;
    check("(define f (lambda (n k) (if (= n 0) (k 'out) (+ 1 (f (- n 1) k))))) (%capture (lambda "
          "(k) (f 20000 k)))",
          "out");
    check("(define f (lambda (n) (if (= n 0) 0 (+ 1 (%prompt 'p (lambda () (f (- n 1)))))))) (f "
          "20000)",
          "20000");
}

static void test_captures_at_each_level(void **state) {
    (void)state;
    check("(define f (lambda (n) (if (= n 0) 0 (+ 1 (%capture (lambda (k) (f (- n 1)))))))) (f "
          "10000)",
          "10000");
    check("(define f (lambda (n) (if (= n 0) 0 (+ 1 (%capture (lambda (k) (k (f (- n 1))))))))) (f "
          "10000)",
          "10000");
    // Entered twice at each level.
    check("(define count 0) (define f (lambda (n) (if (= n 0) (begin (set! count (+ count 1)) 0)"
          "  (let ((first #t)) (let ((v (%capture (lambda (k) (k k)))))"
          "    (if first (begin (set! first #f) (f (- n 1)) (v v)) (f (- n 1))))))))"
          "(f 8) count",
          "256");
}

static void test_many_arguments(void **state) {
    (void)state;
    check("(define n (lambda (&rest r) (length r)))"
          "(define l (lambda (i a) (if (= i 0) a (l (- i 1) (cons i a)))))"
          "(list (apply n (l 100000 '())) (apply + (l 1000 '())))",
          "(100000 500500)");
}

// ---- backtraces

static void test_backtraces(void **state) {
    (void)state;
    check_backtraces();
    // The same when no frame stays on the stack.
    shorten_stack(0);
    check_backtraces();
}

// ---- interrupts

static void on_alarm(int signal_number) {
    (void)signal_number;
    rt_interrupt_set(vm, INTERRUPT_TIMER);
}

static void test_loops_are_interrupted(void **state) {
    (void)state;
    static const char *const loops[] = {
        "(fix ((loop (lambda (i) (loop (+ i 1))))) (loop 0))",
        "(define f (lambda () (f))) (f)",
        "(define f (lambda (g) (g g))) (f f)",
        "(fix ((loop (lambda () (begin (list 1) (loop))))) (loop))",
    };
    struct sigaction action = {.sa_handler = on_alarm}, old;
    sigaction(SIGALRM, &action, &old);
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        struct itimerval timer = {.it_value = {.tv_usec = 20000}};
        setitimer(ITIMER_REAL, &timer, NULL);
        vm->roots[15] = VALUE_NULL;
        assert_string_equal(result_text(run_once(loops[i])), "error: time limit exceeded");
    }
    sigaction(SIGALRM, &old, NULL);
}

static void test_interrupted_instructions_are_made_up_for(void **state) {
    (void)state;
    // An interrupt at each iteration: the handler ignores it, and raises the next one by itself.
    (void)run_once("(%set-raise-hook! (lambda (c) 'ignored))");
    vm->roots[15] = VALUE_NULL;
    for (int i = 0; i < 3; i++) {
        rt_interrupt_set(vm, INTERRUPT_USER);
        assert_string_equal(result_text(run_once("(fix ((loop (lambda (i s) (if (= i 100) s (loop "
                                                 "(+ i 1) (+ s i)))))) (loop 0 0))")),
                            "4950");
    }
    vm->raise_hook = VALUE_NONE;
}

// ---- guards

static void test_redefined_primitives(void **state) {
    (void)state;
    check("(define f (lambda (a b) (?+ a b))) (let ((x (f 1 2))) (set! ?+ (lambda (a b) (* a b))) "
          "(list x (f 3 4)))",
          "(3 12)");
    // In a running loop.
    check("(fix ((loop (lambda (i l) (if (= i 4) l (begin (if (= i 2) (set! ?car cdr) 0)"
          "  (loop (+ i 1) (cons (?car '(1 2)) l)))))) ) (loop 0 '()))",
          "((2) (2) 1 1)");
    check("(define f (lambda (x) (if (?pair? x) 'pair 'none))) (let ((a (f 1))) (define ?pair? "
          "(lambda (x) #t)) (list a (f 1)))",
          "(none pair)");
}

int main(void) {
    tier = &t1_tier;
    const struct CMUnitTest tests[] = {
        TIER_TESTS,
        UNIT_TEST(test_quickening),
        UNIT_TEST(test_fixnum_boundaries),
        UNIT_TEST(test_flonum_sites_meet_others),
        UNIT_TEST(test_answers_of_the_hook),
        UNIT_TEST(test_spilling),
        UNIT_TEST(test_captures_at_each_level),
        UNIT_TEST(test_many_arguments),
        UNIT_TEST(test_backtraces),
        UNIT_TEST(test_loops_are_interrupted),
        UNIT_TEST(test_interrupted_instructions_are_made_up_for),
        UNIT_TEST(test_redefined_primitives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
