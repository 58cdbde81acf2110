// tier1/compile*.c, verify.c, disasm.c, watch.c, code.c: the bytecode of small forms, exactly. In
// builds with KILN_DEBUG each compilation is verified too. Forms are written as core_text.h says:
// (car x) is certainly the primitive, (?car x) guarded.
#include "runtime/numbers.h"
#include "runtime/record.h"
#include "tier1/code.h"
#include "vm/passes.h"
#include <stdio.h>

#include "core_text.h"

static Code *compiled_node(Node *node) {
    Lambda *top = vm_passes_run(vm, node);
    assert_non_null(top);
    Code *code = t1_compile(vm, top);
    assert_non_null(code);
    return code;
}
static Code *compiled(const char *text) {
    vm->roots[15] = VALUE_NULL; // global variables anew
    return compiled_node(core_read(text));
}

// The code of the procedure that a form answers.
static Code *procedure(const char *text) {
    Code *top = compiled(text);
    uint32_t word = top->words[top->word_count - 1];
    assert_int_equal(word_op(word), OP_RETK);
    return t1_closure_code(top->constants[word_bx(word)]);
}

static const char *listing(const Code *code, unsigned flags) {
    return text_of(t1_disassemble(vm, code, flags));
}

#define TOP(text, expected) assert_string_equal(listing(compiled(text), 0), expected)
#define CODE(text, expected) assert_string_equal(listing(procedure(text), 0), expected)
#define NESTED(text, expected)                                                                     \
    assert_string_equal(listing(procedure(text), DISASM_NESTED), expected)

// ---- destinations

static void test_values(void **state) {
    (void)state;
    TOP("1", "code top level: 0 parameters, 0 registers\n"
             "    0  retk               r0 1\n");
    TOP("(begin (f) g)", "code top level: 0 parameters, 4 registers\n"
                         "    0  call-global        w0 0 r0 f\n"
                         "    2  global             r0 g\n"
                         "    4  ret                r0\n");
    TOP("(begin (define x 70000) (set! y (quote a)))",
        "code top level: 0 parameters, 1 registers\n"
        "    0  const              r0 70000\n"
        "    1  define             r0 x\n"
        "    3  const              r0 'a\n"
        "    4  setglobal          r0 y\n"
        "    6  retk               r0 #!unspecified\n");
}

static void test_tests(void **state) {
    (void)state;
    CODE("(lambda (x y) (if (< x y) (car x) (cdr y)))", "code lambda: 2 parameters, 3 registers\n"
                                                        "    0  jnlt               r0 r1 ->4\n"
                                                        "    2  car                r2 r0\n"
                                                        "    3  ret                r2\n"
                                                        "    4  cdr                r2 r1\n"
                                                        "    5  ret                r2\n");
    // Nested tests are jumps; a constant branch is a label.
    CODE("(lambda (x y) (if (if x (eqv? y 1) (zero? y)) 1 2))",
         "code lambda: 2 parameters, 2 registers\n"
         "    0  jntrue             r0 ->5\n"
         "    2  jnis               r1 1 ->8\n"
         "    4  jmp                ->7\n"
         "    5  jnnumi             r1 0 ->8\n"
         "    7  retk               r0 1\n"
         "    8  retk               r0 2\n");
    CODE("(lambda (x y) (if (if (pair? x) (null? y) #f) (f) (begin (g) (h) (f))))",
         "code lambda: 2 parameters, 6 registers\n"
         "    0  jnpair             r0 ->6\n"
         "    2  jnspecial          r1 '() ->6\n"
         "    4  tail-call-global   w0 0 f\n"
         "    6  call-global        w2 0 r2 g\n"
         "    8  call-global        w2 0 r2 h\n"
         "   10  tail-call-global   w0 0 f\n");
    CODE("(lambda (x) (if (memv x (quote (1 a ()))) 1 2))",
         "code lambda: 1 parameter, 1 registers\n"
         "    0  jis                r0 1 ->6\n"
         "    2  jis                r0 'a ->6\n"
         "    4  jnspecial          r0 '() ->7\n"
         "    6  retk               r0 1\n"
         "    7  retk               r0 2\n");
    CODE("(lambda (x y) (if (not (> x y)) (if (>= 5 x) 1 2) 3))",
         "code lambda: 2 parameters, 2 registers\n"
         "    0  jnlt               r1 r0 ->3\n"
         "    2  retk               r0 3\n"
         "    3  jnlei              r0 5 ->6\n"
         "    5  retk               r0 1\n"
         "    6  retk               r0 2\n");
}

// The value of a test that may fail: the hook's answer would be the value, so the site says where
// it goes.
static void test_test_values(void **state) {
    (void)state;
    const char *text = "(lambda (x) (> 5 x))";
    CODE(text, "code lambda: 1 parameter, 2 registers\n"
               "    0  jnlti              r0 5 ->3\n"
               "    2  retk               r1 #t\n"
               "    3  retk               r1 #f\n"
               "    4  ret                r1\n");
    const Code *code = procedure(text);
    const Site *site = t1_code_site(code, 0);
    assert_int_equal(site->form, SITE_SWAPPED | SITE_VALUE);
    assert_int_equal(site->skip, 2);
    CODE("(lambda (x) (f (odd? x) (pair? x)))", "code lambda: 1 parameter, 6 registers\n"
                                                "    0  jnodd              r0 ->4\n"
                                                "    2  special            r4 #t\n"
                                                "    3  jmp                ->5\n"
                                                "    4  special            r4 #f\n"
                                                "    5  jnpair             r0 ->9\n"
                                                "    7  special            r5 #t\n"
                                                "    8  jmp                ->10\n"
                                                "    9  special            r5 #f\n"
                                                "   10  tail-call-global   w0 2 f\n");
}

static void test_statements(void **state) {
    (void)state;
    CODE("(lambda (v i) (vector-set! v i 1) (vector-set! v 3 (vector-ref v 4)) (set-car! v i))",
         "code lambda: 2 parameters, 3 registers\n"
         "    0  int                r2 1\n"
         "    1  vset               r0 r1 r2\n"
         "    2  vrefi              r2 r0 4\n"
         "    3  vseti              r0 3 r2\n"
         "    4  prim2              r2 r0 r1 set-car!\n"
         "    6  ret                r2\n");
}

static void test_arithmetic(void **state) {
    (void)state;
    CODE("(lambda (x) (f (+ 1 x) (- x 1) (- 5 x) (* 0 x) (* 3 x) (- x) (+ x 300) (quotient x -1) "
         "(modulo x 8)))",
         "code lambda: 1 parameter, 13 registers\n"
         "    0  addi               r4 r0 1\n"
         "    1  subi               r5 r0 1\n"
         "    2  int                r6 5\n"
         "    3  sub                r6 r6 r0\n"
         "    4  int                r7 0\n"
         "    5  mul                r7 r7 r0\n"
         "    6  muli               r8 r0 3\n"
         "    7  neg                r9 r0\n"
         "    8  int                r10 300\n"
         "    9  add                r10 r0 r10\n"
         "   10  int                r11 -1\n"
         "   11  quo                r11 r0 r11\n"
         "   12  modi               r12 r0 8\n"
         "   13  tail-call-global   w0 9 f\n");
    // A chain leaves every step in one register, which no later step reads.
    CODE("(lambda (a b c) (f (+ a b c) (- a b 1)))", "code lambda: 3 parameters, 6 registers\n"
                                                     "    0  add                r4 r0 r1\n"
                                                     "    1  add                r4 r4 r2\n"
                                                     "    2  sub                r5 r0 r1\n"
                                                     "    3  subi               r5 r5 1\n"
                                                     "    4  tail-call-global   w0 2 f\n");
    CODE("(lambda (x) (f (- x x 1 (g x))))", "code lambda: 1 parameter, 10 registers\n"
                                             "    0  move               r9 r0\n"
                                             "    1  call-global        w5 1 r4 g\n"
                                             "    3  sub                r5 r0 r0\n"
                                             "    4  subi               r5 r5 1\n"
                                             "    5  sub                r5 r5 r4\n"
                                             "    6  move               r4 r5\n"
                                             "    7  tail-call-global   w0 1 f\n");
}

static void test_primitives(void **state) {
    (void)state;
    CODE("(lambda (a b) (f (list a b) (list b a) (abs a) (expt a b) (list)))",
         "code lambda: 2 parameters, 9 registers\n"
         "    0  primv              r4 list r0 2\n"
         "    3  move               r5 r1\n"
         "    4  move               r6 r0\n"
         "    5  primv              r5 list r5 2\n"
         "    8  prim1              r6 r0 abs\n"
         "   10  prim2              r7 r0 r1 expt\n"
         "   12  primv              r8 list r0 0\n"
         "   15  tail-call-global   w0 5 f\n");
}

// ---- calls

static void test_calls(void **state) {
    (void)state;
    // Arguments are computed in the window, inner windows begin where their result goes.
    CODE("(named fib (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))",
         "code fib: 1 parameter, 8 registers\n"
         "    0  jnlti              r0 2 ->3\n"
         "    2  ret                r0\n"
         "    3  subi               r6 r0 1\n"
         "    4  call-global        w2 1 r1 fib\n"
         "    6  subi               r7 r0 2\n"
         "    7  call-global        w3 1 r2 fib\n"
         "    9  add                r3 r1 r2\n"
         "   10  ret                r3\n");
    // The operator comes last.
    CODE("(lambda (f) (f 1) (f 2 (f 3)))", "code lambda: 1 parameter, 10 registers\n"
                                           "    0  int                r5 1\n"
                                           "    1  move               r4 r0\n"
                                           "    2  call               w1 1 r1\n"
                                           "    4  int                r4 2\n"
                                           "    5  int                r9 3\n"
                                           "    6  move               r8 r0\n"
                                           "    7  call               w5 1 r5\n"
                                           "    9  move               r3 r0\n"
                                           "   10  tail-call          w0 2\n");
    CODE("(lambda (x) (apply f x))", "code lambda: 1 parameter, 6 registers\n"
                                     "    0  global             r4 f\n"
                                     "    2  move               r5 r0\n"
                                     "    3  const              r3 #<procedure apply>\n"
                                     "    4  tail-call          w0 2\n");
}

static void test_clauses(void **state) {
    (void)state;
    CODE("(case-lambda ((a) a) ((a b &rest c) (f c)))",
         "code lambda: 1 parameter, 1 registers\n"
         "    0  ret                r0\n"
         "code lambda: 2 parameters, rest, 5 registers\n"
         "    0  move               r4 r2\n"
         "    1  tail-call-global   w0 1 f\n");
    CODE("(lambda (a &optional b &key c) (if (eq? b 1) c a))",
         "code lambda: 1 parameter, 1 optional, keys :c, 3 registers\n"
         "    0  jnis               r1 1 ->3\n"
         "    2  ret                r2\n"
         "    3  ret                r0\n");
    const Code *code = procedure("(lambda (a &optional b &key c) (f b c) a)");
    assert_int_equal(code->binding, BIND_KEYWORD);
    assert_true(code->lambda->keys[0] == rt_keyword(vm, "c"));
}

// ---- closures

static void test_closures(void **state) {
    (void)state;
    // Members that capture only one another are constants.
    TOP("(fix ((e (lambda (n) (f (o n) n))) (o (lambda (n) (f (e n) x)))) (list e o))",
        "code top level: 0 parameters, 3 registers\n"
        "    0  const              r0 <lambda>\n"
        "    1  const              r1 <lambda>\n"
        "    2  primv              r2 list r0 2\n"
        "    5  ret                r2\n");
    // Others are made in order; what was not there yet is stored afterwards.
    NESTED(
        "(lambda (x) (fix ((e (lambda (n) (f (o n) x))) (o (lambda (n) (f (e n) x)))) (list e o)))",
        "code lambda: 1 parameter, 4 registers\n"
        "    0  closure            r1 <lambda> r2 r0\n"
        "    4  closure            r2 <lambda> r1 r0\n"
        "    8  capture            r1 r2 0\n"
        "   10  primv              r3 list r1 2\n"
        "   13  ret                r3\n"
        "code lambda: 1 parameter, 2 free, 9 registers\n"
        "    0  move               r8 r0\n"
        "    1  free               r7 f0\n"
        "    2  call-known         w4 1 r4 <lambda>\n"
        "    4  free               r5 f1\n"
        "    5  tail-call-global   w0 2 f\n"
        "code lambda: 1 parameter, 2 free, 9 registers\n"
        "    0  move               r8 r0\n"
        "    1  free               r7 f0\n"
        "    2  call-known         w4 1 r4 <lambda>\n"
        "    4  free               r5 f1\n"
        "    5  tail-call-global   w0 2 f\n");
    // A procedure's own name is the running closure, and is not captured.
    NESTED("(lambda (x) (fix ((e (lambda (n) (f (e n) x)))) (lambda () (e x))))",
           "code lambda: 1 parameter, 3 registers\n"
           "    0  closure            r1 <lambda> r0\n"
           "    4  closure            r2 <lambda> r0 r1\n"
           "    8  ret                r2\n"
           "code lambda: 1 parameter, 1 free, 9 registers\n"
           "    0  move               r8 r0\n"
           "    1  call-self          w4 1 r4 <lambda>\n"
           "    3  free               r5 f0\n"
           "    4  tail-call-global   w0 2 f\n"
           "code lambda: 0 parameters, 2 free, 5 registers\n"
           "    0  free               r4 f0\n"
           "    1  free               r3 f1\n"
           "    2  tail-call-known    w0 1 <lambda>\n");
    NESTED("(lambda (n) (fix ((e (lambda (n) (f (e n))))) (g (e n))))",
           "code lambda: 1 parameter, 9 registers\n"
           "    0  move               r8 r0\n"
           "    1  call-fixed         w4 1 r4 <lambda>\n"
           "    3  tail-call-global   w0 1 g\n"
           "code lambda: 1 parameter, 9 registers\n"
           "    0  move               r8 r0\n"
           "    1  call-self          w4 1 r4 <lambda>\n"
           "    3  tail-call-global   w0 1 f\n");
}

static void test_boxes(void **state) {
    (void)state;
    TOP("(let ((x 1)) (lambda () (set! x (f x)) x))", "code top level: 0 parameters, 2 registers\n"
                                                      "    0  int                r0 1\n"
                                                      "    1  box                r0 r0\n"
                                                      "    2  closure            r1 <lambda> r0\n"
                                                      "    6  ret                r1\n");
    TOP("(fix ((x (f (lambda () x))) (y 2)) (set! g y) (define h x))",
        "code top level: 0 parameters, 7 registers\n"
        "    0  special            r0 #!unbound\n"
        "    1  box                r0 r0\n"
        "    2  closure            r6 <lambda> r0\n"
        "    6  call-global        w2 1 r1 f\n"
        "    8  setbox             r0 r1\n"
        "    9  int                r1 2\n"
        "   10  setglobal          r1 g\n"
        "   12  unbox-checked      r1 r0 'x\n"
        "   14  define             r1 h\n"
        "   16  retk               r0 #!unspecified\n");
}

// ---- loops

static void test_loops(void **state) {
    (void)state;
    // In place where no later argument reads the old value, else at once at the end.
    CODE("(lambda (n) (fix ((loop (lambda (a b i) (if (= i 0) a (loop b (+ a b) (- i 1)))))) (loop "
         "0 1 n)))",
         "code lambda: 1 parameter, 5 registers\n"
         "    0  int                r1 0\n"
         "    1  int                r2 1\n"
         "    2  move               r3 r0\n"
         "    3  jnnumi             r3 0 ->6\n"
         "    5  ret                r1\n"
         "    6  move               r4 r2\n"
         "    7  add                r2 r1 r2\n"
         "    8  subi               r3 r3 1\n"
         "    9  move               r1 r4\n"
         "   10  loop-nei           r3 r3 0 ->6 0\n"
         "   13  loop-move          r3 r3 ->3\n");
    CODE("(lambda (a b) (fix ((loop (lambda (a b) (if (null? a) b (loop b a))))) (loop a b)))",
         "code lambda: 2 parameters, 5 registers\n"
         "    0  move               r2 r0\n"
         "    1  move               r3 r1\n"
         "    2  jnspecial          r2 '() ->5\n"
         "    4  ret                r3\n"
         "    5  move               r4 r3\n"
         "    6  move               r3 r2\n"
         "    7  loop-move          r2 r4 ->2\n");
    // A closure made in the turn reads the old value as well.
    CODE("(lambda (n) (fix ((loop (lambda (i l) (if (= i n) l (loop (+ i 1) (cons (lambda () i) "
         "l)))))) (loop 0 (f))))",
         "code lambda: 1 parameter, 7 registers\n"
         "    0  int                r1 0\n"
         "    1  call-global        w3 0 r2 f\n"
         "    3  jnnum              r1 r0 ->6\n"
         "    5  ret                r2\n"
         "    6  closure            r3 <lambda> r1\n"
         "   10  cons               r2 r3 r2\n"
         "   11  loop-ne            r1 r1 r0 ->6 1\n"
         "   14  addi               r1 r1 1\n"
         "   15  loop               ->3\n");
    // Flonums and free variables are loaded before the outermost loop.
    NESTED("(lambda (n) (lambda (v) (fix ((loop (lambda (i s) (if (< i n) (loop (+ i 1) (+ s (* "
           "2.5 (vector-ref v i)))) s))))"
           " (loop 0 0.0))))",
           "code lambda: 1 parameter, 2 registers\n"
           "    0  closure            r1 <lambda> r0\n"
           "    4  ret                r1\n"
           "code lambda: 1 parameter, 1 free, 7 registers\n"
           "    0  const              r1 2.5\n"
           "    1  free               r2 f0\n"
           "    2  int                r3 0\n"
           "    3  const              r4 0.0\n"
           "    4  jnlt               r3 r2 ->15\n"
           "    6  vref               r6 r0 r3\n"
           "    7  mul                r5 r1 r6\n"
           "    8  add                r4 r4 r5\n"
           "    9  loop-lt            r3 r3 r2 ->6 1\n"
           "   12  addi               r3 r3 1\n"
           "   13  loop               ->4\n"
           "   15  ret                r4\n");
}

// ---- records

static Node *record_node(const char *text, Value type) {
    Node *node = core_read(text);
    Lambda *l = node->lambda;
    Node *body = l->body->kind == NODE_IF ? l->body->branch.test : l->body;
    // The type is a constant, as define-record-type makes it.
    body->prim.args[1] = vm_node_const(vm, type, 0);
    if (l->body->kind == NODE_IF)
        l->body->branch.then->prim.args[1] = vm_node_const(vm, type, 0);
    return node;
}

static const char *record_code(const char *text, Value type) {
    Code *top = compiled_node(record_node(text, type));
    return listing(t1_closure_code(top->constants[word_bx(top->words[top->word_count - 1])]), 0);
}

static void test_records(void **state) {
    (void)state;
    Value type = rt_record_type_new_c(vm, "point", VALUE_FALSE, 2, (const char *const[]){"x", "y"});
    assert_string_equal(
        record_code("(lambda (r) (if (%record? r t) (%record-ref r t 1) (f r)))", type),
        "code lambda: 1 parameter, 5 registers\n"
        "    0  field-else         r1 r0 1 point ->4\n"
        "    3  ret                r1\n"
        "    4  move               r4 r0\n"
        "    5  tail-call-global   w0 1 f\n");
    assert_string_equal(
        record_code("(lambda (r v) (if (%record? r t) (%record-set! r t 0 v) (f r)))", type),
        "code lambda: 2 parameters, 5 registers\n"
        "    0  setfield-else      r0 r1 0 point ->4\n"
        "    3  retk               r0 #!unspecified\n"
        "    4  move               r4 r0\n"
        "    5  tail-call-global   w0 1 f\n");
    // No such field: left to the primitive.
    assert_string_equal(record_code("(lambda (r) (%record-ref r t 2))", type),
                        "code lambda: 1 parameter, 4 registers\n"
                        "    0  const              r1 point\n"
                        "    1  int                r2 2\n"
                        "    2  prim3              r3 r0 r1 r2 %record-ref\n"
                        "    4  ret                r3\n");
}

// ---- guards

static void test_guards(void **state) {
    (void)state;
    CODE("(lambda (x) (?car x))", "code lambda: 1 parameter, 7 registers\n"
                                  "    0  car                r1 r0\n"
                                  "    1  ret                r1\n"
                                  "    2  move               r6 r0\n"
                                  "    3  tail-call-global   w2 1 ?car\n"
                                  "  guard at 0: stub 2, watches ?car\n");
    CODE("(lambda (x) (if (?null? x) 1 (?+ x 1 x)))", "code lambda: 1 parameter, 9 registers\n"
                                                      "    0  jnspecial          r0 '() ->3\n"
                                                      "    2  retk               r0 1\n"
                                                      "    3  addi               r1 r0 1\n"
                                                      "    4  add                r1 r1 r0\n"
                                                      "    5  ret                r1\n"
                                                      "    6  move               r5 r0\n"
                                                      "    7  call-global        w1 1 r1 ?null?\n"
                                                      "    9  jntrue             r1 ->3\n"
                                                      "   11  jmp                ->2\n"
                                                      "   12  move               r6 r0\n"
                                                      "   13  int                r7 1\n"
                                                      "   14  move               r8 r0\n"
                                                      "   15  tail-call-global   w2 3 ?+\n"
                                                      "  guard at 0: stub 6, watches ?null?\n"
                                                      "  guard at 3: stub 12, watches ?+\n");
    CODE("(lambda (x) (if (?not (?pair? x)) (?vector x 2) (begin (?vector-set! x 0 1) 3)))",
         "code lambda: 1 parameter, 11 registers\n"
         "    0  jpair              r0 ->8\n"
         "    2  move               r5 r0\n"
         "    3  int                r6 2\n"
         "    4  primv              r7 vector r5 2\n"
         "    7  ret                r7\n"
         "    8  int                r1 1\n"
         "    9  vseti              r0 0 r1\n"
         "   10  retk               r0 3\n"
         "   11  move               r5 r0\n"
         "   12  call-global        w1 1 r5 ?pair?\n"
         "   14  call-global        w1 1 r1 ?not\n"
         "   16  jntrue             r1 ->8\n"
         "   18  jmp                ->2\n"
         "   19  tail-call-global   w1 2 ?vector\n"
         "   21  move               r6 r0\n"
         "   22  int                r7 0\n"
         "   23  move               r8 r1\n"
         "   24  call-global        w2 3 r2 ?vector-set!\n"
         "   26  jmp                ->10\n"
         "  guard at 0: stub 11, watches ?pair?\n"
         "  guard at 0: stub 11, watches ?not\n"
         "  guard at 4: stub 19, watches ?vector\n"
         "  guard at 9: stub 21, watches ?vector-set!\n");
    // A cell that no longer holds the primitive is not speculated on.
    object_set_flags(value_object(core_cell("?car")), CELL_ASSIGNED);
    CODE("(lambda (x) (?apply x))", "code lambda: 1 parameter, 5 registers\n"
                                    "    0  move               r4 r0\n"
                                    "    1  tail-call-global   w0 1 ?apply\n");
}

static void test_invalidation(void **state) {
    (void)state;
    Code *code = procedure("(lambda (x) (if (?< x 1) (?car x) (?cdr x)))");
    uint32_t length = t1_code_length_at(code, 0);
    uint32_t word = code->words[0];
    Cell *cell = value_cell(core_cell("?<"));
    t1_watch_invalidate(vm, cell);
    assert_int_equal(word_op(code->words[0]), OP_JMP);
    assert_int_equal(code->words[0], op_j24(OP_JMP, (int32_t)(code->guards[0].stub - 1)));
    assert_int_equal(t1_code_length_at(code, 0), length);
    assert_int_equal(t1_code_word(code, 0), word);
    assert_int_equal(word_op(code->words[2]), OP_CAR); // that of another cell
    t1_watch_invalidate(vm, cell);
    t1_verify(vm, code);
    t1_watch_invalidate(vm, value_cell(core_cell("?car")));
    assert_int_equal(word_op(code->words[2]), OP_JMP);
}

// What watches a cell is not kept alive by it.
static void test_watching_is_weak(void **state) {
    (void)state;
    vm->roots[15] = VALUE_NULL;
    Value cell = core_cell("?+");
    size_t before = 0;
    for (int i = 0; i < 4000; i++) {
        compiled_node(core_read("(lambda (x) (?+ x 1) (?+ x 2) (?+ x 3) (f x))"));
        if (i != 1000)
            continue;
        rt_heap_collect();
        before = rt_heap_used();
    }
    rt_heap_collect();
    assert_true(value_cell(cell)->watchers != NULL);
    assert_in_range(rt_heap_used(), 0, before + (256 << 10));
}

// ---- sites

static Position at(uint32_t line) { return position_make(1, line, 1); }

static void test_sites(void **state) {
    (void)state;
    Var *x = vm_var_new(vm, rt_intern(vm, "x"));
    Node *args[2] = {vm_node_local(vm, x, at(1)), NULL};
    Node *car = vm_node_prim(vm, "car", 1, args, at(2));
    args[0] = car;
    Node *call = vm_node_call(vm, vm_node_global(vm, core_cell("f"), at(3)), 1, args, at(4));
    Node *items[2] = {call, vm_node_global(vm, core_cell("g"), at(5))};
    Lambda *l = vm_lambda_new(vm, VALUE_FALSE, at(6), 1, &x, vm_node_seq(vm, 2, items, at(7)));
    Code *top = compiled_node(vm_node_lambda(vm, l));
    const Code *code = t1_closure_code(top->constants[word_bx(top->words[0])]);
    assert_string_equal(listing(code, DISASM_POSITIONS),
                        "code lambda@6:1: 1 parameter, 6 registers\n"
                        "    0  car                r5 r0  ; 2:1\n"
                        "    1  call-global        w1 1 r1 f  ; 4:1\n"
                        "    3  global             r1 g  ; 5:1\n"
                        "    5  ret                r1\n");
    assert_true(t1_code_site(code, 0)->position == at(2));
    assert_true(t1_code_site_before(code, 3)->position == at(4));
    assert_null(t1_code_site(code, 5));
    assert_null(t1_code_site_before(code, 0));
    assert_true(t1_constant_site(code->constants, code->words[2])->operator_position == at(3));
    assert_true(t1_code_name(vm, code) == VALUE_FALSE);
    assert_true(t1_code_name(vm, top) == rt_intern(vm, "top level"));
}

// The condition of a failing instruction is that of the primitive with its arguments in their
// order.
static const char *failure_of(const char *text, Op op, Value x, Value y) {
    const Code *code = procedure(text);
    Value base[16] = {x, y, VALUE_TRUE, VALUE_TRUE};
    uint32_t pc = 0;
    while (word_op(code->words[pc]) != op) {
        pc += t1_code_length_at(code, pc);
        assert_true(pc < code->word_count);
    }
    assert_true(t1_site_call(vm, code, code->words + pc, base) == VALUE_FAILURE);
    return failure_text();
}

static void test_failures(void **state) {
    (void)state;
    Value a = rt_intern(vm, "a"), one = value_from_fixnum(1);
#define FAILS(text, op, x, y, expected) assert_string_equal(failure_of(text, op, x, y), expected)
    FAILS("(lambda (x y) (car x))", OP_CAR, one, one, "car: argument 1: expected pair, got 1");
    FAILS("(lambda (x y) (> 5 x))", OP_JNLTI, a, one, ">: argument 2: expected real, got a");
    FAILS("(lambda (x y) (> x y))", OP_JNLT, one, a, ">: argument 2: expected real, got a");
    FAILS("(lambda (x y) (f (+ 1 x)))", OP_ADDI, a, one, "+: argument 2: expected number, got a");
    FAILS("(lambda (x y) (f (- x 1)))", OP_SUBI, a, one, "-: argument 1: expected number, got a");
    FAILS("(lambda (x y) (if (zero? x) 1 2))", OP_JNNUMI, a, one,
          "zero?: argument 1: expected number, got a");
    FAILS("(lambda (x y) (if (positive? x) 1 2))", OP_JNGTI, a, one,
          "positive?: argument 1: expected real, got a");
    FAILS("(lambda (x y) (floor-remainder x y))", OP_MOD, one, value_from_fixnum(0),
          "floor-remainder: division by zero");
    FAILS("(lambda (x y) (if (char=? #\\a x) 1 2))", OP_JNCHAR_IS, a, one,
          "char=?: argument 2: expected char, got a");
    FAILS("(lambda (x y) (f (vector-ref x 7)))", OP_VREFI, one, one,
          "vector-ref: argument 1: expected vector, got 1");
    FAILS("(lambda (x y) (vector-set! x y 1) 1)", OP_VSET, one, one,
          "vector-set!: argument 1: expected vector, got 1");
    // The second step of a sum: its right operand is the third argument.
    const Code *code = procedure("(lambda (x y z) (+ x y z))");
    Value base[8] = {one, one, a, value_from_fixnum(2)};
    assert_true(t1_site_call(vm, code, code->words + 1, base) == VALUE_FAILURE);
    assert_string_equal(failure_text(), "+: argument 3: expected number, got a");
    assert_int_equal(t1_code_site(code, 0)->skip, 1);
    assert_int_equal(t1_code_site(code, 1)->skip, 0);
    // Without a failure: the value.
    base[2] = value_from_fixnum(5);
    assert_true(t1_site_call(vm, code, code->words, base) == value_from_fixnum(2));
}

// ---- large procedures

// (lambda (p0 … ) (let ((x0 (f 0))) (let ((x1 (f 1))) … (g x0 x1 …))))
static Code *many(uint32_t params, uint32_t variables, const char *callee) {
    Var **param = rt_raw_new(vm, (params + 1) * sizeof *param),
        **var = rt_raw_new(vm, (variables + 1) * sizeof *var);
    uint32_t count = params + variables;
    Node **args = rt_raw_new(vm, (count + 1) * sizeof *args);
    for (uint32_t i = 0; i < params; i++) {
        param[i] = vm_var_new(vm, rt_intern(vm, "p"));
        args[i] = vm_node_local(vm, param[i], 0);
    }
    for (uint32_t i = 0; i < variables; i++) {
        var[i] = vm_var_new(vm, rt_intern(vm, "x"));
        args[params + i] = vm_node_local(vm, var[i], 0);
    }
    Node *body = rt_primitive_find(callee)
                     ? vm_node_prim(vm, callee, count, args, 0)
                     : vm_node_call(vm, vm_node_global(vm, core_cell(callee), 0), count, args, 0);
    Node *pair[2] = {
        vm_node_prim(vm, "cons", 2, (Node *[]){vm_node_local(vm, var[variables - 1], 0), body}, 0),
        NULL};
    body = pair[0];
    for (uint32_t i = variables; i-- > 0;) {
        Node *number = vm_node_const(vm, value_from_fixnum(i), 0);
        Node *init = vm_node_call(vm, vm_node_global(vm, core_cell("f"), 0), 1, &number, 0);
        body = vm_node_let(vm, 1, &var[i], &init, body, 0);
    }
    Code *top =
        compiled_node(vm_node_lambda(vm, vm_lambda_new(vm, VALUE_FALSE, 0, params, param, body)));
    return t1_closure_code(top->constants[word_bx(top->words[0])]);
}

static void test_high_registers(void **state) {
    (void)state;
    // 252 … 255 are scratch; what needs more than 252 registers is verified like anything else.
    static const uint32_t counts[] = {1,   120, 240, 246, 247, 248, 249, 250, 251,
                                      252, 253, 254, 255, 256, 257, 300, 700};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            t1_verify(vm, many(counts[i], counts[k], "g"));
            t1_verify(vm, many(counts[i], counts[k], "list"));
        }
    const char *text = listing(many(0, 300, "g"), 0);
    assert_non_null(strstr(text, "sethi              r252 r260\n"));
    assert_non_null(strstr(text, "call-wide          w"));
    // Parameters in scratch registers move out of them.
    text = listing(many(254, 1, "g"), 0);
    assert_non_null(
        strstr(text, "    0  sethi              r252 r256\n    1  sethi              r253 r257\n"));
}

// More constants than an instruction's 16 bits can name.
static void test_many_constants(void **state) {
    (void)state;
    enum { COUNT = 70000 };
    Node **items = rt_raw_new(vm, (COUNT + 1) * sizeof *items);
    Value f = core_cell("f");
    for (uint32_t i = 0; i < COUNT; i++) {
        Node *arg = vm_node_const(vm, value_from_double(i + 0.5), 0);
        items[i] = vm_node_call(vm, vm_node_global(vm, f, 0), 1, &arg, 0);
    }
    Node *last = core_read("(if (eq? (f) (quote q)) (g (char=? (f) #\\x) (eq? (f) (quote r))) (if "
                           "(memq (f) (quote (s t))) "
                           "(quote u) (quote v)))");
    items[COUNT] = last;
    Code *code = compiled_node(vm_node_seq(vm, COUNT + 1, items, 0));
    t1_verify(vm, code);
    uint32_t pc = 0, wide = 0;
    Op op = OP_COUNT;
    for (; pc < code->word_count; pc += t1_code_length_at(code, pc)) {
        op = word_op(code->words[pc]);
        wide += op == OP_CONSTX;
        if (op == OP_CONSTX)
            assert_in_range(code->words[pc + 1], UINT16_MAX + 1, code->constant_count - 1);
    }
    // Two constants a call: half of the calls have theirs out of reach.
    assert_in_range(wide, COUNT / 2, COUNT);
    assert_int_equal(op, OP_RET);
}

static void test_too_large(void **state) {
    (void)state;
    enum { COUNT = 40000 };
    Value f = core_cell("f");
    Var **vars = rt_raw_new(vm, COUNT * sizeof *vars);
    Node **inits = rt_raw_new(vm, COUNT * sizeof *inits);
    Node **uses = rt_raw_new(vm, COUNT * sizeof *uses);
    for (uint32_t i = 0; i < COUNT; i++) {
        vars[i] = vm_var_new(vm, rt_intern(vm, "x"));
        inits[i] = vm_node_call(vm, vm_node_global(vm, f, 0), 0, NULL, 0);
        Node *arg = vm_node_local(vm, vars[i], 0);
        uses[i] = vm_node_call(vm, vm_node_global(vm, f, 0), 1, &arg, 0);
    }
    Node *let = vm_node_let(vm, COUNT, vars, inits, vm_node_seq(vm, COUNT, uses, 0), at(3));
    Lambda *top = vm_passes_run(vm, let);
    assert_null(t1_compile(vm, top));
    assert_null(top->code);
    assert_string_equal(failure_text(),
                        "procedure is too large to compile: more than 32767 registers");
}

// tier1/OPCODES.md is what bytecode-inspect --opcodes prints.
static void test_opcodes_page(void **state) {
    static const char page[] = {
#embed "tier1/OPCODES.md" suffix(, )
        0};
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);
    assert_non_null(out);
    t1_print_opcodes(out);
    fclose(out);
    if (strcmp(printed, page) != 0)
        fail_msg("tier1/OPCODES.md is out of date: ./dev bytecode-inspect --opcodes > "
                 "tier1/OPCODES.md");
    free(printed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_values),
        UNIT_TEST(test_tests),
        UNIT_TEST(test_test_values),
        UNIT_TEST(test_statements),
        UNIT_TEST(test_arithmetic),
        UNIT_TEST(test_primitives),
        UNIT_TEST(test_calls),
        UNIT_TEST(test_clauses),
        UNIT_TEST(test_closures),
        UNIT_TEST(test_boxes),
        UNIT_TEST(test_loops),
        UNIT_TEST(test_records),
        UNIT_TEST(test_guards),
        UNIT_TEST(test_invalidation),
        UNIT_TEST(test_watching_is_weak),
        UNIT_TEST(test_sites),
        UNIT_TEST(test_failures),
        UNIT_TEST(test_high_registers),
        UNIT_TEST(test_many_constants),
        UNIT_TEST(test_too_large),
        UNIT_TEST(test_opcodes_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
