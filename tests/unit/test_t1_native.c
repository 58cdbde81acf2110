// tier1/native.c: exits, unwinding, calls between native and interpreted functions in any mixture.
//
// What every tier must do is done with shadows (native_shadow.h) for some, most or all procedures,
// with exits and inlining at random. What they do not have (sunk objects, certain moments) is
// written here as compiled code would be.
#include "tests/driver/native_shadow.h"
#include "tier_tests.h"
#include "vm/kiln.h"
#include <signal.h>
#include <sys/time.h>

static Code *code_of(const char *name) {
    return t1_closure_code(value_cell(core_cell(name))->value);
}

static void set_hook(const char *text) {
    vm->roots[15] = VALUE_NULL;
    (void)run_once(text);
}

// Procedures that the test itself makes native, and no others.
static void use_none(void) {
    memset(&shadow, 0, sizeof shadow);
    vm_hot_hook = (HotHook){0};
}

// ---- programs: the oracle says what they answer

#define DEEP "(define deep (lambda (n thunk) (if (= n 0) (thunk) (+ 1 (deep (- n 1) thunk)))))"

static const char *const programs[] = {
    // Arguments that are not in registers, and parameters that are not arguments.
    "(define ten (lambda (a b c d e f g h i j) (list j i h g f e d c b a)))"
    "(define call (lambda (n) (if (= n 0) '() (cons (ten n 2 3 4 5 6 7 8 9 n) (call (- n 1))))))"
    "(call 5)",
    "(define ten (lambda (a b c d e f g h i j) (if (= a 0) (list j i h g f e d c b a)"
    "  (ten (- a 1) c d e f g h i j b)))) (ten 12 2 3 4 5 6 7 8 9 10)",
    "(define f (lambda (a &optional b c &rest r) (list a b c r)))"
    "(list (f 1) (f 1 2) (f 1 2 3 4 5 6 7 8 9) (apply f 1 2 '(3 4)))",
    "(define f (lambda (a &key b c) (list a b c))) (list (f 1) (f 1 :c 2) (f 1 :b 3 :c 4))",
    "(define f (case-lambda ((a) (list 'one a)) ((a b) (list 'two a b)) ((a &rest r) (list r a))))"
    "(list (f 1) (f 1 2) (f 1 2 3))",
    // Captures at each depth, entered again.
    "(define f (lambda (n) (if (= n 0) 0 (+ 1 (%capture (lambda (k) (f (- n 1)))))))) (f 300)",
    "(define f (lambda (n) (if (= n 0) 0 (+ 1 (%capture (lambda (k) (k (f (- n 1))))))))) (f 300)",
    "(define count 0) (define f (lambda (n) (if (= n 0) (begin (set! count (+ count 1)) 0)"
    "  (let ((first #t)) (let ((v (%capture (lambda (k) (k k)))))"
    "    (if first (begin (set! first #f) (f (- n 1)) (v v)) (f (- n 1)))))))) (f 6) count",
    DEEP "(define k #f) (define n 0)"
         "(let ((v (deep 20 (lambda () (%capture (lambda (c) (set! k c) 0))))))"
         "  (set! n (+ n 1)) (if (< n 5) (k v) (list n v)))",
    // Escapes.
    DEEP "(define f (lambda (n) (%capture (lambda (out) (deep n (lambda () (out n)))))))"
         "(list (f 0) (f 1) (f 50) (+ 1 (f 7)))",
#define ESCAPING(n) "(%call-with-escape (lambda (out) (deep " #n " (lambda () (out " #n ")))))"
    DEEP "(list " ESCAPING(0) ESCAPING(1) ESCAPING(50) "(+ 1 " ESCAPING(7) "))",
    DEEP "(define f (lambda (n) (%call-with-escape (lambda (out) (deep n (lambda () (out n)))))))"
         "(define loop (lambda (n s) (if (= n 0) s (loop (- n 1) (+ s (f 5)))))) (loop 200 0)",
    // To the outer of two, by way of the inner one, and out of both.
    DEEP
    "(define f (lambda (n) (%call-with-escape (lambda (out) (deep n (lambda () (+ 1000"
    "  (%call-with-escape (lambda (in) (deep n (lambda () (if (= n 3) (in n) (out n)))))))))))))"
    "(list (f 2) (f 3) (f 4))",
    // Past captures, which put the marker on the heap; again and again.
    DEEP "(define f (lambda (n) (%call-with-escape (lambda (out) (deep n (lambda ()"
         "  (%capture (lambda (k) (deep n (lambda () (out (k n))))))))))))"
         "(list (f 0) (f 3) (deep 4 (lambda () (f 5))))",
    DEEP "(define f (lambda (n) (%call-with-escape (lambda (out) (deep n (lambda ()"
         "  (deep (%capture (lambda (k) n)) (lambda () (out 'gone)))))))))"
         "(list (f 0) (f 3) (car (list (f 5))))",
    // The extent has ended; it is entered again by a continuation.
    "(define kept #f) (%call-with-escape (lambda (out) (set! kept out))) (kept 1)",
    DEEP "(define k #f) (define n 0) (define f (lambda () (%call-with-escape (lambda (out)"
         "  (deep 5 (lambda () (%capture (lambda (c) (set! k c))) (out 'left)))))))"
         "(let ((v (f))) (set! n (+ n 1)) (if (< n 4) (k 0) (list v n)))",
    // Left with something to do outside, and with what was left.
    DEEP
    "(define f (lambda (n) (%call-with-escape (lambda (out) (deep n (lambda () (%leave out"
    "  (lambda () (deep n (lambda () 'outside))))))))))"
    "(list (f 0) (f 4)) (%call-with-escape (lambda (out) (deep 3 (lambda () (%leave out (lambda "
    "() (list 'tail)))))))",
    DEEP "(define f (lambda (n) (%call-with-escape (lambda (out) (deep n (lambda () (+ 10"
         "  (%leave-with-slice out (lambda (k) (list (k 1) (k (k 2))))))))))))"
         "(list (f 0) (car (f 4)) (deep 2 (lambda () (car (f 3)))))",
    // Raises through them.
    DEEP "(%set-raise-hook! (lambda (c) 100))"
         "(list (deep 10 (lambda () (car 5))) (deep 3 (lambda () (+ 1 (nowhere)))))",
    DEEP "(define out #f) (%set-raise-hook! (lambda (c) (out 'left)))"
         "(define f (lambda (n) (%capture (lambda (k) (set! out k) (deep n (lambda () (car 5)))))))"
         "(list (f 0) (f 1) (f 30))",
    DEEP "(%set-raise-hook! (lambda (c) (deep 5 (lambda () 1)))) (deep 10 (lambda () (+ 1 (car "
         "5))))",
    "(%set-raise-hook! (lambda (c) 'answer)) (define f (lambda (x) (if (< x 1) 'less 'more)))"
    "(define g (lambda (x) (list (f x) (let ((y (< x 1))) y) (+ 1 x 2)))) (list (g 0) (g 'a) (g "
    "5))",
    // Prompts around and between.
    DEEP "(%prompt 'p (lambda () (deep 5 (lambda () (%capture-prompt 'p (lambda (k) (+ (k 1) (k "
         "(k 10)))))))))",
    DEEP "(deep 3 (lambda () (%prompt 'p (lambda () (deep 4 (lambda () (%capture-prompt 'p (lambda "
         "(k) (deep 2 (lambda () (k 5)))))))))))",
    DEEP "(define gen #f) (define yield (lambda (v) (%capture-prompt 'g (lambda (k) (set! gen k) "
         "v))))"
         "(define walk (lambda (l) (if (pair? l) (begin (yield (car l)) (walk (cdr l))) 'end)))"
         "(define next (lambda () (%prompt 'g (lambda () (gen 0)))))"
         "(define start (lambda () (%prompt 'g (lambda () (walk '(1 2 3))))))"
         "(let ((a (start))) (let ((b (next))) (let ((c (next))) (list a b c (next)))))",
    // Values, apply.
    DEEP
    "(call-with-values (lambda () (deep 3 (lambda () 5)) (values 1 2 3)) (lambda (a b c) (deep "
    "b (lambda () (+ a c)))))",
    "(define f (lambda (n) (if (= n 0) '(done) (apply f (list (- n 1)))))) (f 100)",
    "(define f (lambda (n) (if (= n 0) 0 (+ 1 (apply f (- n 1) '()))))) (f 100)",
    // Numbers that change their type in a loop; loops within loops.
    "(define f (lambda (n x) (fix ((loop (lambda (i s) (if (= i n) s (loop (+ i 1) (+ s x)))))) "
    "(loop 0 0)))) (list (f 50 1) (f 50 1.5) (f 50 100000000000000) (f 50 1/3))",
    "(define f (lambda (n) (fix ((outer (lambda (i s) (if (= i n) s (outer (+ i 1) (fix ((inner "
    "(lambda (j s) (if (= j i) s (inner (+ j 1) (+ s j)))))) (inner 0 s))))))) (outer 0 0)))) (f "
    "40)",
    // Assigned variables, closures that share them.
    "(define counter (lambda () (let ((n 0)) (list (lambda () (set! n (+ n 1)) n) (lambda () n)))))"
    "(let ((c (counter))) ((car c)) ((car c)) (list ((car c)) ((car (cdr c)))))",
    // A primitive that reads fails: what it has read is gone, it is not called again.
    "(define p (open-input-string \") 1 ) 2 ) 3\")) (%set-raise-hook! (lambda (c) 'failed))"
    "(define next (lambda () (list (read p)))) (let ((a (next))) (let ((b (next))) (let ((c "
    "(next)))"
    " (let ((d (next))) (list a b c d)))))",
    // A primitive is redefined below and above the frames that rely on it.
    DEEP "(define f (lambda (l) (cons (?car l) (cons (deep 3 (lambda () (set! ?car cdr) 1)) (?car "
         "l))))) (list (f '(1 2)) (f '(3 4)))",
    "(define f (lambda (l n) (if (= n 3) (set! ?car cdr) 0) (if (= n 0) '() (cons (?car l) (f l (- "
    "n 1)))))) (f '(1 2) 6)",
    "(define v 1) (define f (lambda (n) (if (= n 0) v (begin (set! v (+ v n)) (+ v (f (- n "
    "1))))))) "
    "(f 20)",
    // Evaluations within.
    DEEP "(define f (lambda (n) (if (= n 0) '() (cons n (f (- n 1)))))) (deep 4 (lambda () (length "
         "(f 200))))",
};

// The same program some times over, so that what becomes native late is met, too.
static void test_programs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        vm->raise_hook = VALUE_NONE;
        for (int round = 0; round < 3; round++)
            check_trace(programs[i]);
        vm->raise_hook = VALUE_NONE;
    }
}

static void test_backtraces(void **state) {
    (void)state;
    check_backtraces();
}

// ---- limits and interrupts

static void on_alarm(int signal_number) {
    (void)signal_number;
    rt_interrupt_set(vm, INTERRUPT_TIMER);
}

static void test_endless_loops_are_interrupted(void **state) {
    (void)state;
    static const char *const loops[] = {
        "(fix ((loop (lambda (i) (loop (+ i 1))))) (loop 0))",
        "(define f (lambda () (f))) (f)",
        "(define f (lambda (g) (g g))) (f f)",
        "(define f (lambda (n) (+ 1 (f n)))) (define g (lambda () (apply f '(1)))) (g)",
        "(define f (lambda (n) (list (%capture (lambda (k) n))) (f n))) (f 1)",
        "(define f (lambda (n) (%prompt 'p (lambda () (%capture-prompt 'p list))) (f n))) (f 1)",
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

static unsigned tier_events;
static void on_tier_event(VM *m) {
    (void)m;
    tier_events++;
}

static Value noisy_primitive_ticks;
static void on_tick(int signal_number) {
    (void)signal_number;
    rt_interrupt_set(vm, noisy_primitive_ticks++ % 2 ? INTERRUPT_USER : INTERRUPT_TIER);
}

static void test_interrupts_are_survived(void **state) {
    (void)state;
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART}, old;
    sigaction(SIGALRM, &action, &old);
    rt_tier_event = on_tier_event;
    tier_events = 0;
    struct itimerval timer = {.it_value = {.tv_usec = 500}, .it_interval = {.tv_usec = 500}};
    setitimer(ITIMER_REAL, &timer, NULL);
    vm->roots[15] = VALUE_NULL;
    Value v =
        run_once("(define seen 0) (%set-raise-hook! (lambda (c) (set! seen (+ seen 1)) 'ignored))"
                 "(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))"
                 "(define loop (lambda (n s) (if (= n 0) s (loop (- n 1) (+ s (fib 12))))))"
                 "(define r (loop 300 0)) (list r (> seen 0))");
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    sigaction(SIGALRM, &old, NULL);
    rt_interrupt_clear(vm, INTERRUPT_USER | INTERRUPT_TIER);
    rt_tier_event = NULL;
    vm->raise_hook = VALUE_NONE;
    assert_string_equal(result_text(v), "(43200 #t)");
    assert_true(tier_events > 0);
    assert_ptr_equal(atomic_load(&vm->native_limit), vm->native_end);
}

// ---- installing

static void test_install_and_remove(void **state) {
    (void)state;
    use_none();
    set_hook("(define f (lambda (a) (+ a 1))) (define g (lambda (a) (f a)))");
    Code *f = code_of("f");
    uint32_t word = f->words[0];
    const char *listing = text_of(t1_disassemble(vm, f, 0));
    assert_true(f->native == t1_native_interpret);
    t1_native_install(vm, f, shadow_function, NULL);
    assert_int_equal(word_op(f->words[0]), OP_NATIVE);
    assert_int_equal(t1_code_word(f, 0), word);
    assert_int_equal(f->words[0] >> 8, word >> 8);
    assert_string_equal(text_of(t1_disassemble(vm, f, 0)), listing);
    t1_verify(vm, f);
    // Again, and away.
    t1_native_install(vm, f, shadow_function, NULL);
    assert_int_equal(t1_code_word(f, 0), word);
    assert_string_equal(result_text(run_once("(list (f 1) (g 2))")), "(2 3)");
    assert_int_equal(shadow.lowest != NULL, 1);
    t1_native_remove(vm, f);
    assert_int_equal(f->words[0], word);
    assert_true(f->native == t1_native_interpret);
    shadow.lowest = NULL;
    assert_string_equal(result_text(run_once("(list (f 1) (g 2))")), "(2 3)");
    assert_null(shadow.lowest);
    t1_native_remove(vm, f);
}

// The first instruction is quickened while native code has its place.
static void test_quickening_below_native_code(void **state) {
    (void)state;
    use_none();
    set_hook("(define f (lambda (a) (+ a 1)))");
    Code *f = code_of("f");
    Op op = word_op(f->words[0]);
    t1_native_install(vm, f, shadow_function, NULL);
    shadow.exit_chance = 1; // so the instruction runs in tier 1
    assert_string_equal(result_text(run_once("(list (f 1) (f 1.5) (f 1/2))")), "(2 2.5 3/2)");
    assert_int_equal(word_op(f->words[0]), OP_NATIVE);
    assert_int_not_equal(word_op(t1_code_word(f, 0)), op);
    t1_native_remove(vm, f);
    assert_int_not_equal(word_op(f->words[0]), op);
    assert_string_equal(result_text(run_once("(list (f 1) (f 1.5) (f 1/2))")), "(2 2.5 3/2)");
}

// The guard of the first instruction is broken while native code has its place, and native code is
// made again afterwards.
static void test_guard_below_native_code(void **state) {
    (void)state;
    use_none();
    set_hook("(define f (lambda (a) (?car a)))");
    Code *f = code_of("f");
    assert_int_equal(f->guards[0].pc, 0);
    t1_native_install(vm, f, shadow_function, NULL);
    assert_string_equal(result_text(run_once("(f '(1 2))")), "1");
    assert_string_equal(result_text(run_once("(set! ?car (lambda (x) 'new)) (f '(1 2))")), "new");
    assert_int_equal(word_op(f->words[0]), OP_JMP);
    assert_true(f->native == t1_native_interpret);
    const char *listing = text_of(t1_disassemble(vm, f, 0));
    t1_native_install(vm, f, shadow_function, NULL);
    assert_string_equal(text_of(t1_disassemble(vm, f, 0)), listing);
    assert_string_equal(result_text(run_once("(f '(1 2))")), "new");
    t1_native_remove(vm, f);
    assert_int_equal(word_op(f->words[0]), OP_JMP);
}

// ---- tail calls between the tiers take no stack

static void check_flat(const char *definitions, const char *const *natives, const char *call) {
    use_none();
    set_hook(definitions);
    for (; *natives; natives++)
        t1_native_install(vm, code_of(*natives), shadow_function, NULL);
    (void)run_once(call);
    char *before = shadow.lowest;
    assert_non_null(before);
    Value *top = t1_stack_top(vm);
    char text[256];
    snprintf(text, sizeof text, "(define n 300000) %s", call);
    assert_string_equal(result_text(run_once(text)), "done");
    assert_ptr_equal(t1_stack_top(vm), top);
    // The first call may have come by another way than the later ones: some frames' difference.
    assert_true(before - shadow.lowest < 16384);
    assert_int_equal(shadow.records, 0);
}

static void test_tail_calls_are_flat(void **state) {
    (void)state;
    const char *one[] = {"f", NULL}, *both[] = {"f", "g", NULL};
    const char *plain = "(define n 10) (define f (lambda (i) (if (= i 0) 'done (g (- i 1)))))"
                        "(define g (lambda (i) (f i)))";
    check_flat(plain, one, "(f n)");
    check_flat(plain, one, "(list (f n)) 'done");
    check_flat(plain, one, "(car (list (g n)))");
    check_flat(plain, both, "(f n)");
    const char *applied = "(define n 10) (define f (lambda (i) (if (= i 0) 'done (g (- i 1)))))"
                          "(define g (lambda (i) (apply f (list i))))";
    check_flat(applied, one, "(f n)");
    check_flat(applied, both, "(car (list (f n)))");
    const char *optional =
        "(define n 10) (define f (lambda (i &optional x) (if (= i 0) 'done (g (- i "
        "1))))) (define g (lambda (i) (f i)))";
    check_flat(optional, one, "(f n)");
    // The frame that an exit has rebuilt makes the tail call.
    const char *exits = "(define n 10) (define f (lambda (i) (if (= i 0) 'done (g (+ 1/2 (- i "
                        "3/2)))))) (define g (lambda (i) (f i)))";
    check_flat(exits, one, "(f n)");
    check_flat(exits, both, "(f n)");
    // Native code that is entered in a loop makes it.
    use_none();
    const char *loops =
        "(define n 10) (define g (lambda (i) (fix ((loop (lambda (j) (if (= j 0) (f (- i 1)) "
        "(loop (- j 1)))))) (loop 2)))) (define f (lambda (i) (if (= i 0) 'done (g i))))";
    check_flat(loops, one, "(f n)");
    vm_hot_hook = (HotHook){.loops = 1, .hot = shadow_hot};
    set_hook(loops);
    t1_native_install(vm, code_of("f"), shadow_function, NULL);
    shadow.install_chance = shadow.again = 1;
    (void)run_once("(f n)");
    char *before = shadow.lowest;
    assert_string_equal(result_text(run_once("(f 200000)")), "done");
    assert_true(before - shadow.lowest < 16384);
    assert_true(shadow.entries_of_loops > 100000);
    vm_hot_hook = (HotHook){0};
}

// ---- exits: what shadows do not have

#define NATIVE_FUNCTION(name)                                                                      \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wshadow\"")              \
        __attribute__((preserve_none)) static Value                                                \
        name(NATIVE_PARAMETERS)
#define NATIVE_END _Pragma("clang diagnostic pop")

#define AT(kind_, index_) ((Location){.kind = LOCATION_##kind_, .index = index_})

// The frame after the first call of a code with one live register.
static ExitDescriptor after_call;
static ExitFrame after_call_frame;
static const Location after_call_registers[] = {AT(VALUE, 0)};

static void describe_call(Code *code) {
    uint32_t pc = 0;
    while (!(t1_op_info[word_op(t1_code_word(code, pc))].flags & OPF_CALL))
        pc += t1_code_length_at(code, pc);
    uint32_t word = t1_code_word(code, pc);
    after_call_frame = (ExitFrame){.code = code,
                                   .pc = pc + t1_code_length_at(code, pc),
                                   .dst = (int32_t)word_c(word),
                                   .closure = AT(VALUE, 1),
                                   .count = 1,
                                   .registers = after_call_registers};
    after_call = (ExitDescriptor){
        .reason = EXIT_INVALID, .value_count = 2, .frame_count = 1, .frames = &after_call_frame};
}

// A circle of everything that can be sunk: the frame's two registers are the pair and the box.
enum { SUNK_PAIR, SUNK_BOX, SUNK_CLOSURE, SUNK_VECTOR, SUNK_VALUES, SUNK_RECORD, SUNK_RATNUM };
static const Location pair_fields[] = {AT(SUNK, SUNK_PAIR), AT(SUNK, SUNK_VECTOR)};
static const Location box_fields[] = {AT(SUNK, SUNK_CLOSURE)};
static const Location closure_fields[] = {AT(SUNK, SUNK_BOX)};
static const Location vector_fields[] = {
    AT(INTEGER, 1),        AT(DOUBLE, 2),         AT(BOOLEAN, 3),     AT(SUNK, SUNK_VALUES),
    AT(SUNK, SUNK_RECORD), AT(SUNK, SUNK_RATNUM), AT(SUNK, SUNK_PAIR)};
static const Location values_fields[] = {AT(VALUE, 0), AT(DEAD, 0)};
static const Location record_fields[] = {AT(SUNK, SUNK_BOX), AT(CONSTANT, 1)};
static const Location ratnum_fields[] = {AT(INTEGER, 4), AT(INTEGER, 1)};
static const SunkObject sunk[] = {
    [SUNK_PAIR] = {.type = TYPE_NONE, .count = 2, .fields = pair_fields},
    [SUNK_BOX] = {.type = TYPE_BOX, .count = 1, .fields = box_fields},
    [SUNK_CLOSURE] = {.type = TYPE_CLOSURE,
                      .count = 1,
                      .extra = AT(CONSTANT, 0),
                      .fields = closure_fields},
    [SUNK_VECTOR] = {.type = TYPE_VECTOR, .count = 7, .fields = vector_fields},
    [SUNK_VALUES] = {.type = TYPE_VALUES, .count = 2, .fields = values_fields},
    [SUNK_RECORD] = {.type = TYPE_RECORD,
                     .count = 2,
                     .extra = AT(CONSTANT, 2),
                     .fields = record_fields},
    [SUNK_RATNUM] = {.type = TYPE_RATNUM, .count = 2, .fields = ratnum_fields},
};
static const Location sunk_registers[] = {AT(SUNK, SUNK_PAIR), AT(SUNK, SUNK_BOX)};
static ExitFrame sunk_frame = {.count = 2, .registers = sunk_registers};
static ExitDescriptor sunk_exit = {.reason = EXIT_TYPE,
                                   .value_count = 5,
                                   .frame_count = 1,
                                   .frames = &sunk_frame,
                                   .sunk_count = sizeof sunk / sizeof *sunk,
                                   .sunk = sunk};

static void sunk_values(Value *v) {
    double d = 2.5;
    v[0] = rt_cons(vm, VALUE_TRUE, VALUE_FALSE);
    v[1] = 7;
    memcpy(&v[2], &d, sizeof d);
    v[3] = 1;
    v[4] = (Value)-3;
}

// (named f (a b) (stay) (list a b)): leaves at its first instruction.
NATIVE_FUNCTION(leaves_sunk) {
    sunk_frame.closure = AT(CONSTANT, 3);
    sunk_values(vm->exit_values);
    [[clang::musttail]] return t1_native_exit(vm, (Value)(uintptr_t)&sunk_exit, code, a0, a1, a2,
                                              a3, a4, a5);
}
NATIVE_END

static Value called_by_sunk; // a procedure without arguments

// The same; its frame is unwound by what it calls in place of `stay`.
NATIVE_FUNCTION(unwinds_sunk) {
    Value own[5];
    sunk_values(own);
    Code *callee = t1_closure_code(called_by_sunk);
    Value v = ((Native *)callee->native)(vm, called_by_sunk, callee, a0, a1, a2, a3, a4, a5);
    if (v != VALUE_UNWIND)
        return VALUE_FALSE;
    if (vm->unwind_keep) {
        Value *record = vm->unwind_top;
        record[0] = (Value)(uintptr_t)&sunk_exit;
        memcpy(record + 1, own, sizeof own);
        vm->unwind_top = record + 6;
    }
    return v;
}
NATIVE_END

static void check_circle(Value list) {
    Value pair = value_car(list), box = value_car(value_cdr(list));
    assert_true(value_is_pair(pair) && value_car(pair) == pair && value_is_box(box));
    Value closure = value_box(box)->value, vector = value_cdr(pair);
    assert_true(value_is_closure(closure) && value_closure(closure)->free[0] == box);
    assert_true(t1_closure_code(closure) == code_of("g"));
    assert_true(value_is_vector(vector) && vector_length(vector) == 7);
    const Value *item = value_vector(vector)->item;
    assert_true(item[0] == value_from_fixnum(7) && item[1] == value_from_double(2.5) &&
                item[2] == VALUE_TRUE && item[6] == pair);
    assert_true(value_is_values(item[3]) && value_is_pair(value_values(item[3])->item[0]) &&
                object_aux(value_object(item[3])) == 2);
    assert_true(value_is_record(item[4]) && value_record(item[4])->field[0] == box &&
                value_record(item[4])->field[1] == VALUE_NULL &&
                value_record(item[4])->type == vm->condition_types[0]);
    assert_string_equal(result_text(item[5]), "-3/7");
}

static Value *sunk_constants(void) {
    Value *constants = rt_raw_new(vm, 4 * sizeof *constants);
    constants[0] = (Value)(uintptr_t)code_of("g");
    constants[1] = VALUE_NULL;
    constants[2] = vm->condition_types[0];
    constants[3] = value_cell(core_cell("f"))->value;
    return constants;
}

static void test_sunk_objects(void **state) {
    (void)state;
    use_none();
    set_hook("(define f (lambda (a b) (stay) (list a b))) (define g (lambda () 1))"
             "(define stay (lambda () 1)) (define k #f) (define n 0)"
             "(define take (lambda () (list (%capture (lambda (c) (set! k c) 1)))))"
             "(define again (lambda () (let ((l (f 1 2))) (set! n (+ n 1))"
             "  (if (= n 1) (begin (set! kept l) (k 1)) (list kept l))))) (define kept #f)");
    Code *f = code_of("f");
    Value *constants = sunk_constants();
    sunk_exit.constants = constants;
    sunk_exit.function = constants;
    vm->roots[14] = (Value)(uintptr_t)sunk_exit.constants;
    sunk_frame.code = f;
    sunk_frame.pc = 0;
    sunk_frame.dst = -1;
    t1_native_install(vm, f, leaves_sunk, sunk_exit.function);
    for (int i = 1; i <= 300; i++) {
        check_circle(run_once("(f 1 2)"));
        assert_int_equal(sunk_exit.taken, i);
        assert_int_equal(t1_exit_count(f, 0, EXIT_TYPE), i < 255 ? i : 255);
    }
    assert_int_equal(t1_exit_count(f, 0, EXIT_OVERFLOW), 0);
    // Without room for the frames.
    vm->frame_limit = t1_stack_top(vm);
    check_circle(run_once("(f 1 2)"));
    check_circle(run_once("(car (list (f 1 2)))"));
    // Unwound: the objects are made once, whatever enters the continuation again.
    t1_native_install(vm, f, unwinds_sunk, sunk_exit.function);
    called_by_sunk = value_cell(core_cell("take"))->value;
    describe_call(f);
    sunk_frame.pc = after_call_frame.pc;
    sunk_frame.dst = after_call_frame.dst;
    Value both = run_once("(again)");
    check_circle(value_car(both));
    check_circle(value_car(value_cdr(both)));
    assert_true(value_car(value_car(both)) == value_car(value_car(value_cdr(both))));
    vm->roots[14] = VALUE_NONE;
}

// (named f (p c) (call-with-values p c)), the producer built in place: leaves with the control
// frame that waits for its values as the outermost frame.
static ExitDescriptor values_exit;
static ExitFrame values_frame;
static const Location values_registers[] = {AT(VALUE, 0), AT(VALUE, 1), AT(VALUE, 2), AT(DEAD, 0)};

NATIVE_FUNCTION(leaves_values) {
    Values *values = rt_object_new(vm, TYPE_VALUES, 0, 2, 2 * sizeof(Value));
    FRESH(values->item[0]) = FRESH(values->item[1]) = a0;
    vm->exit_values[0] = a1;
    vm->exit_values[1] = value_from_fixnum(0);
    vm->exit_values[2] = value_from_pointer(values);
    vm->exit_values[3] = t1_native_values_frame(vm);
    [[clang::musttail]] return t1_native_exit(vm, (Value)(uintptr_t)&values_exit, code, a0, a1, a2,
                                              a3, a4, a5);
}
NATIVE_END

static void test_exit_to_a_control_frame(void **state) {
    (void)state;
    use_none();
    set_hook("(define f (lambda (p c) (call-with-values p c))) (define g (lambda (x y) (list x y)))"
             "(define h (lambda (x) (car (f x g)))) (define id (lambda (x) x))");
    Value frame = t1_native_values_frame(vm);
    values_frame = (ExitFrame){.code = t1_closure_code(frame),
                               .dst = -1,
                               .closure = AT(VALUE, 3),
                               .count = 4,
                               .registers = values_registers};
    values_exit = (ExitDescriptor){
        .reason = EXIT_GENERIC, .value_count = 4, .frame_count = 1, .frames = &values_frame};
    t1_native_install(vm, code_of("f"), leaves_values, NULL);
    for (int native = 0; native < 3; native++) {
        assert_string_equal(result_text(run_once("(list (f 1 g) (h 2))")), "((1 1) 2)");
        assert_string_equal(result_text(run_once("(list (f 1 (lambda (a b) (%capture (lambda (k) "
                                                 "(k (g a b)))))))")),
                            "((1 1))");
        assert_string_equal(result_text(run_once("(list (f 1 list) (id (f 2 id)))")),
                            "error: procedure: expected 1 argument, got 2");
        t1_native_install(vm, code_of(native ? "g" : "h"), shadow_function, NULL);
    }
    vm->frame_limit = t1_stack_top(vm);
    assert_string_equal(result_text(run_once("(list (f 1 g) (h 2))")), "((1 1) 2)");
}

// ---- invalidation

static unsigned gone_on; // a native frame that should have been left

// (named f (x) (+ x (h))): adds 1000 where tier 1 would add nothing.
NATIVE_FUNCTION(calls_h) {
    Value h = value_cell(core_cell("h"))->value;
    Code *callee = t1_closure_code(h);
    Value v = ((Native *)callee->native)(vm, h, callee, a0, a0, a0, a0, a0, a0);
    if (v == VALUE_UNWIND) {
        if (vm->unwind_keep) {
            Value *record = vm->unwind_top;
            record[0] = (Value)(uintptr_t)&after_call;
            record[1] = a0;
            record[2] = closure;
            vm->unwind_top = record + 3;
        }
        return v;
    }
    gone_on++;
    return value_from_fixnum(value_fixnum(a0) + value_fixnum(v) + 1000);
}
NATIVE_END

static Code *invalidated_code;
static unsigned invalidations;
static void on_invalidated(VM *m, void *data) {
    (void)data;
    invalidations++;
    t1_native_remove(m, invalidated_code);
    t1_native_unwind_all(m);
    rt_heap_collect();
}

static void check_invalidation(const char *h, bool native_h) {
    char text[512];
    snprintf(
        text, sizeof text,
        "(define fact 1) (define f (lambda (x) (+ x (h)))) (define again 0) (define id (lambda "
        "(x) x)) (define h (lambda () %s))",
        h);
    use_none();
    set_hook(text);
    Code *f = code_of("f");
    describe_call(f);
    void *data = rt_raw_new(vm, 64);
    vm->roots[14] = (Value)(uintptr_t)data;
    after_call.function = data;
    t1_native_install(vm, f, calls_h, data);
    if (native_h)
        t1_native_install(vm, code_of("h"), shadow_function, NULL);
    t1_watch_native(vm, value_cell(core_cell("fact")), data);
    t1_native_invalidated = on_invalidated;
    invalidated_code = f;
    gone_on = invalidations = 0;
    assert_string_equal(result_text(run_once("(list (f 1) (f 2))")), "(6 7)");
    assert_int_equal(invalidations, 1);
    assert_int_equal(gone_on, 0);
    assert_true(f->native == t1_native_interpret);
    t1_native_invalidated = NULL;
    vm->roots[14] = VALUE_NONE;
}

static void test_invalidation(void **state) {
    (void)state;
    for (int native = 0; native < 2; native++) {
        check_invalidation("(set! fact 2) 5", native);
        check_invalidation("(define fact 2) 5", native);
        check_invalidation("(id (begin (set! fact 2) 5))", native);
        check_invalidation("((lambda () (set! fact 2) (id 5)))", native);
        check_invalidation("(car (list (id (begin (set! fact 2) 5))))", native);
        // The frame is called again while it is invalid.
        check_invalidation("(if (= again 0) (begin (set! again 1) (set! fact 2) (- (f 0) 5) 5) 5)",
                           native);
    }
}

// Who is told that native frames do not stay.
static unsigned told, told_discarded;
static void on_unwound(VM *m, void *data, bool kept) {
    (void)m;
    (void)data;
    told += kept;
    told_discarded += !kept;
}

static unsigned check_told(const char *h, const char *call) {
    char text[512];
    snprintf(text, sizeof text,
             "(define f (lambda (x) (+ x (h)))) (define k #f) (define h (lambda () %s))"
             "(define deep (lambda (n) (if (= n 0) 5 (+ 0 (deep (- n 1))))))"
             "(%%set-raise-hook! (lambda (c) 5))",
             h);
    use_none();
    set_hook(text);
    Code *f = code_of("f");
    describe_call(f);
    void *data = rt_raw_new(vm, 64);
    vm->roots[14] = (Value)(uintptr_t)data;
    after_call.function = data;
    t1_native_install(vm, f, calls_h, data);
    t1_native_install(vm, code_of("deep"), shadow_function, NULL);
    told = told_discarded = 0;
    t1_native_unwound = on_unwound;
    (void)run_once(call);
    t1_native_unwound = NULL;
    vm->roots[14] = vm->raise_hook = VALUE_NONE;
    return told;
}

static void test_unwound_frames_are_told(void **state) {
    (void)state;
    // Once for its record, once for the call that tier 1 made of it.
    assert_int_equal(check_told("(%capture (lambda (k) 5))", "(list (f 1))"), 2);
    assert_int_equal(check_told("(car 5)", "(list (f 1) (f 2))"), 4);
    assert_int_equal(check_told("5", "(list (f 1) (f 2))"), 0);
    assert_int_equal(told_discarded, 0);
    // Frames that an escape leaves for good.
    static const char leaves[] = "(%call-with-escape (lambda (o) (set! out o) (list (f 1))))";
    assert_int_equal(check_told("(out 5))) (define out (lambda (x) x", leaves), 0);
    assert_int_equal(told_discarded, 1);
    // Not when there was no room.
    assert_int_equal(check_told("(deep 50000)", "(list (f 1))"), 0);
}

// Watchers that have died are not told, and do not stay.
static void test_watch_is_weak(void **state) {
    (void)state;
    use_none();
    set_hook("(define fact 1) (define f (lambda (x) x))");
    invalidated_code = code_of("f");
    t1_native_invalidated = on_invalidated;
    invalidations = 0;
    for (int i = 0; i < 2000; i++) {
        t1_watch_native(vm, value_cell(core_cell("fact")), rt_raw_new(vm, 4096));
        if (i == 1500)
            rt_heap_collect();
    }
    (void)run_once("(set! fact 2)");
    assert_true(invalidations < 1000);
    invalidations = 0;
    (void)run_once("(set! fact 3)");
    assert_int_equal(invalidations, 0);
    t1_native_invalidated = NULL;
}

// ---- the C stack

static void test_c_stack_is_bounded(void **state) {
    (void)state;
    use_none();
    set_hook(
        "(define f (lambda (n) (if (= n 0) 0 (+ 1 (f (- n 1))))))"
        "(define g (lambda (n) (if (= n 0) 0 (+ 1 (h (- n 1)))))) (define h (lambda (n) (g n)))");
    t1_native_install(vm, code_of("f"), shadow_function, NULL);
    assert_string_equal(result_text(run_once("(f 200000)")), "200000");
    assert_true(shadow.overflows > 10);
    assert_true(shadow.lowest >= vm->native_end - 16384);
    // Activations in between.
    t1_native_install(vm, code_of("g"), shadow_function, NULL);
    assert_string_equal(result_text(run_once("(g 200000)")), "200000");
    assert_true(shadow.lowest >= vm->native_end - 16384);
}

// ---- evaluations within: host functions that call in again

static KilnRef *host_eval(Kiln *k, int argc, KilnRef *const *argv, void *data) {
    (void)argc;
    (void)data;
    KilnRef *value = NULL;
    if (kiln_eval(k, kiln_to_text(k, argv[0], NULL), "inside", &value) == KILN_OK)
        return value;
    return kiln_fail(k, kiln_error_text(k));
}

static void test_host_calls_in_again(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"(f 3 \"(+ 1 (deep 50))\")", "54"},
        // A fact that native frames of the evaluation around rely on.
        {"(define (h l) (let ((a (car l))) (inside \"(set! car cdr)\") (list a (car l)))) (h '(1 "
         "2))",
         "(1 (2))"},
        {"(define (h n) (if (= n 0) (inside \"(define (plus a b) (* a b))\") (h (- n 1))) (plus n "
         "10))"
         "(define (plus a b) (+ a b)) (list (h 3) (plus 3 4))",
         "(30 12)"},
        // A failure within becomes one of the host's call; nothing within sees the handlers
        // outside.
        {"(guard (e (#t 'caught)) (f 3 \"(deep (car 5))\"))", "caught"},
        {"(call/cc (lambda (k) (set! out k) (f 1 \"(guard (e (#t 5)) (deep 3) (out 7))\")))", "6"},
        // Captures and overflows within leave the evaluation around alone.
        {"(f 1 \"(call/cc (lambda (k) (+ (deep 5) (k 8))))\")", "9"},
        {"(f 1 \"(f 2 \\\"(deep 20000)\\\")\")", "20003"},
        {"(deep-inside 4)", "4"},
    };
    for (int i = 0; i < SHADOW_MIXES; i++)
        for (size_t j = 0; j < sizeof cases / sizeof *cases; j++) {
            Kiln *k = kiln_create(&(KilnOptions){.mode = shadow_mode(shadow_mixes[i].name)});
            assert_non_null(k);
            assert_int_equal(kiln_define_function(k, "inside", host_eval, 1, 1, NULL), KILN_OK);
            assert_int_equal(
                kiln_eval(k,
                          "(define out #f) (define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1)))))"
                          "(define (f n text) (+ n (inside text)))"
                          "(define (deep-inside n) (if (= n 0) 0 (+ 1 (inside (string-append "
                          "\"(deep-inside \" (number->string (- n 1)) \")\")))))",
                          "test", NULL),
                KILN_OK);
            KilnRef *value = NULL;
            if (kiln_eval(k, cases[j][0], "test", &value) != KILN_OK)
                fail_msg("%s: %s: %s", shadow_mixes[i].name, cases[j][0], kiln_error_report(k));
            assert_string_equal(kiln_written(k, value, false), cases[j][1]);
            kiln_release(k, value);
            kiln_destroy(k);
        }
    vm_hot_hook = (HotHook){0};
}

int main(void) {
    setenv("KILN_NATIVE_STACK", "256k", 1);
    tier = &t1_tier;
    const struct CMUnitTest mixed[] = {
        TIER_TESTS,
        UNIT_TEST(test_programs),
        UNIT_TEST(test_backtraces),
        UNIT_TEST(test_endless_loops_are_interrupted),
        UNIT_TEST(test_interrupts_are_survived),
    };
    const struct CMUnitTest single[] = {
        UNIT_TEST(test_install_and_remove),
        UNIT_TEST(test_quickening_below_native_code),
        UNIT_TEST(test_guard_below_native_code),
        UNIT_TEST(test_tail_calls_are_flat),
        UNIT_TEST(test_sunk_objects),
        UNIT_TEST(test_exit_to_a_control_frame),
        UNIT_TEST(test_invalidation),
        UNIT_TEST(test_unwound_frames_are_told),
        UNIT_TEST(test_watch_is_weak),
        UNIT_TEST(test_c_stack_is_bounded),
        cmocka_unit_test(test_host_calls_in_again),
    };
    int failed =
        _cmocka_run_group_tests("single", single, sizeof single / sizeof *single, NULL, NULL);
    for (int i = 0; i < SHADOW_MIXES; i++) {
        shadow_use(&shadow_mixes[i], 1);
        failed += _cmocka_run_group_tests(shadow_mixes[i].name, mixed, sizeof mixed / sizeof *mixed,
                                          NULL, NULL);
        if (getenv("SHADOW_REPORT"))
            shadow_report();
    }
    return failed;
}
