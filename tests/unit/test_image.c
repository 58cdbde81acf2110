// vm/image.c, tier1/image.c: what is written to an image comes back the same. Constants are made at
// random from a fixed seed; code is written before it runs, read and run in the place of the
// original.
#include "runtime/equal.h"
#include "runtime/numbers.h"
#include "runtime/symbol.h"
#include "runtime/vector.h"
#include "tier1/image.h"
#include "tier1/tier1.h"
#include "vm/passes.h"
#include <stdlib.h>

#include "core_text.h"

static ImageWriter writer;

static Value written_name(void *context, uint32_t number) {
    (void)context;
    return number < writer.names.count ? writer.name[number] : VALUE_NONE;
}

// ---- constants

// Write a step of one constant and read it. VALUE_NONE: not kept, or not read.
static ImageWords step;

static bool write_constant(Value v) {
    vm_image_begin_form(&writer);
    vm_image_begin_step(&writer, vm_node_const(vm, VALUE_NIL, 0));
    vm_image_write_value(&writer, v);
    vm_image_end_step(&writer);
    step.count = 0;
    image_put32(vm, &step, writer.object_count);
    vm_image_words(vm, &step, writer.object_words.word, writer.object_words.count);
    vm_image_words(vm, &step, writer.code.word, writer.code.count);
    return !writer.doubt;
}

static Value read_constant(size_t words) {
    ImageReader r = {.vm = vm, .at = step.word, .end = step.word + words, .name = written_name};
    vm_image_read_objects(&r);
    Value v = r.failed ? VALUE_NONE : image_read_value(&r);
    return r.failed ? VALUE_NONE : v;
}

static const char *text(Value v) { return text_of(rt_write_to_string(vm, v, WRITE_SHARED)); }

static Value round_trip(Value v) {
    assert_true(write_constant(v));
    Value copy = read_constant(step.count);
    assert_true(copy != VALUE_NONE);
    assert_string_equal(text(copy), text(v));
    bool same;
    assert_true(rt_equal(vm, v, copy, &same));
    // A NaN is equal to none, itself included, only inside of numbers that are compared by =.
    assert_true(same);
    return copy;
}

static Value datum(const char *source) {
    Reader reader;
    rt_reader_init(vm, &reader, rt_port_from_utf8(vm, source, strlen(source)), READ_SX);
    reader.literals = true;
    Value v = rt_read(vm, &reader);
    assert_true(v != VALUE_FAILURE);
    return v;
}

enum { POOL = 24 };
static Value pool[POOL]; // made already: taken again, so that data share parts

static void test_constants(void **state) {
    (void)state;
    rt_heap_add_roots(pool, sizeof pool);
    rt_heap_add_roots(&writer, sizeof writer);
    rt_heap_add_roots(&step, sizeof step);
    vm_image_writer_init(vm, &writer, 1);
    static const char *const data[] = {
        "1",
        "-562949953421312",
        "562949953421311",
        "1.5",
        "-0.0",
        "+inf.0",
        "+nan.0",
        "#\\x10ffff",
        "#t",
        "()",
        "symbol",
        "|a b\\x3bb;|",
        ":key",
        "\"\"",
        "\"text\"",
        "\"\\x3bb;\"",
        "100000000000000000000000000000",
        "-1/3",
        "1+2i",
        "1.5-0.5i",
        "#()",
        "#u8()",
        "#u8(1 2 3 4 5)",
        "(a . b)",
        "#(1 #(2) \"x\" (y))",
        "(100000000000000000000/3 . -562949953421313)",
        "#0=(1 . #0#)",
        "#0=#(#0# #1=(x #1# #0#))",
        "(#0=\"shared\" #0# #0#)",
    };
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        round_trip(datum(data[i]));
}

static void test_flags_are_kept(void **state) {
    (void)state;
    vm_image_writer_init(vm, &writer, 1);
    assert_true(object_flags(value_object(round_trip(datum("\"abc\"")))) & STRING_LITERAL);
    assert_true(object_flags(value_object(round_trip(datum("#(1 2)")))) & VECTOR_LITERAL);
    Value bytes = datum("#u8(1 2)");
    assert_int_equal(object_flags(value_object(round_trip(bytes))),
                     object_flags(value_object(bytes)));
}

static void test_what_has_no_text(void **state) {
    (void)state;
    vm_image_writer_init(vm, &writer, 1);
    assert_false(write_constant(rt_gensym(vm, "g")));
    assert_false(write_constant(datum("{:a 1}")));
    assert_false(write_constant(rt_list(vm, 2, VALUE_TRUE, datum("(1 {:a 1})"))));
    assert_false(write_constant(vm->ports->standard_output));
    // The doubt is over with the form.
    round_trip(datum("(1 2)"));
}

static uint64_t seed;
static uint32_t below(uint32_t limit) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % limit);
}

static uint32_t pool_count;

static Value generate(int depth) {
    if (pool_count && below(6) == 0)
        return pool[below(pool_count)];
    Value v = VALUE_NULL;
    switch (below(depth > 0 ? 15 : 11)) {
    case 0:
        return value_from_fixnum((int64_t)(seed >> 16) - (INT64_C(1) << 46));
    case 1:
        return value_from_double((double)below(1000) / 7.0);
    case 2:
        return value_from_char(below(0xD800));
    case 3:
        return (const Value[]){VALUE_TRUE, VALUE_FALSE, VALUE_NIL, VALUE_NULL,
                               VALUE_UNSPECIFIED}[below(5)];
    case 4: {
        char name[] = {(char)('a' + below(26)), (char)('a' + below(26)), 0};
        return below(2) ? rt_intern(vm, name) : rt_keyword(vm, name);
    }
    case 5:
    case 6: {
        bool wide = below(2);
        size_t length = below(20);
        v = rt_string_new(vm, length, wide);
        for (size_t i = 0; i < length; i++)
            string_put(vm, v, i, wide && below(2) ? 0x3b1 + below(1000) : ' ' + below(90));
        break;
    }
    case 7: {
        v = rt_int(vm, INT64_MAX);
        for (uint32_t i = below(6); i > 0; i--)
            v = rt_num_mul(vm, v, v);
        return below(2) ? v : rt_num_sub(vm, value_from_fixnum(0), v);
    }
    case 8:
        return rt_num_div(vm, value_from_fixnum(1 + below(100)), value_from_fixnum(101));
    case 9:
        return rt_number_parse(vm, "3-4/5i", 6, 10);
    case 10: {
        v = rt_bytevector_new(vm, below(30));
        for (size_t i = 0; i < bytevector_length(v); i++)
            value_bytevector(v)->byte[i] = (uint8_t)below(256);
        break;
    }
    case 11:
    case 12:
        for (uint32_t i = below(6); i > 0; i--)
            v = rt_cons(vm, generate(depth - 1), v);
        break;
    case 13:
        v = rt_cons(vm, VALUE_NULL, VALUE_NULL); // may come to hold itself
        if (pool_count < POOL)
            pool[pool_count++] = v;
        rt_heap_store(&value_pair(v)->car, generate(depth - 1));
        rt_heap_store(&value_pair(v)->cdr, generate(depth - 1));
        return v;
    default:
        v = rt_vector_new(vm, below(5), VALUE_NULL);
        if (pool_count < POOL)
            pool[pool_count++] = v;
        for (size_t i = 0; i < vector_length(v); i++)
            rt_heap_store(&value_vector(v)->item[i], generate(depth - 1));
        return v;
    }
    if (pool_count < POOL)
        pool[pool_count++] = v;
    return v;
}

static void test_generated_data(void **state) {
    (void)state;
    vm_image_writer_init(vm, &writer, 1);
    for (seed = 1; seed < 3000; seed++) {
        uint64_t start = seed;
        pool_count = 0;
        round_trip(generate(5));
        seed = start;
    }
}

// Whatever is cut off, the reader notices; it never reads on.
static void test_cut_off(void **state) {
    (void)state;
    vm_image_writer_init(vm, &writer, 1);
    for (seed = 1; seed < 200; seed++) {
        uint64_t start = seed;
        pool_count = 0;
        assert_true(write_constant(generate(3)));
        size_t count = step.count;
        // In memory of its own, so that the sanitizer sees what is beyond.
        uint32_t *words = malloc(count * sizeof *words);
        memcpy(words, step.word, count * sizeof *words);
        for (size_t keep = 0; keep < count; keep++) {
            uint32_t *part = malloc(keep * sizeof *part + 1);
            memcpy(part, words, keep * sizeof *part);
            ImageWords whole = step;
            step = (ImageWords){.word = part, .count = keep};
            assert_true(read_constant(keep) == VALUE_NONE);
            step = whole;
            free(part);
        }
        free(words);
        seed = start;
    }
}

// ---- code

static Value cells[64];

static Lambda *reload(const char *source) {
    Node *node = core_read(source);
    vm_image_writer_init(vm, &writer, 0);
    vm_image_begin_form(&writer);
    vm_image_begin_step(&writer, node);
    Lambda *top = vm_passes_run(vm, node);
    assert_non_null(top);
    assert_true(t1_image.compile(vm, top));
    t1_image.save(&writer, top);
    vm_image_end_step(&writer);
    assert_false(writer.doubt);
    step.count = 0;
    image_put32(vm, &step, writer.object_count);
    vm_image_words(vm, &step, writer.object_words.word, writer.object_words.count);
    vm_image_words(vm, &step, writer.code.word, writer.code.count);
    for (uint32_t i = 0; i < writer.cell_count; i++)
        cells[i] = writer.cell[i].cell;
    ImageReader r = {.vm = vm,
                     .at = step.word,
                     .end = step.word + step.count,
                     .name = written_name,
                     .cell = cells,
                     .cell_count = writer.cell_count};
    vm_image_read_objects(&r);
    Lambda *loaded = t1_image.load(&r);
    assert_non_null(loaded);
    assert_ptr_equal(r.at, r.end);
    assert_ptr_not_equal(loaded, top);
    return loaded;
}

static void check(const char *source, const char *expected) {
    vm->roots[15] = VALUE_NULL;
    Value v = t1_tier.run(vm, reload(source));
    const char *got = v == VALUE_FAILURE ? failure_text() : text(v);
    assert_string_equal(got, expected);
}

static void test_code(void **state) {
    (void)state;
    vm->tier = (struct Tier *)&t1_tier;
    check("1", "1");
    check("(+ 1 (* 2 3))", "7");
    check("(let ((x '(1 \"two\" #(3.5)))) (list x x))", "(#0=(1 \"two\" #(3.5)) #0#)");
    check("(begin (define f (lambda (n) (if (= n 0) 1 (* n (f (- n 1)))))) (f 20))",
          "2432902008176640000");
    check("(fix ((loop (lambda (i sum) (if (= i 0) sum (loop (- i 1) (+ sum i)))))) (loop 1000 0))",
          "500500");
    check("(fix ((even (lambda (n) (if (= n 0) #t (odd (- n 1))))) (odd (lambda (n) (if (= n 0) #f "
          "(even (- n 1)))))) (list (even 10) odd even))",
          "(#t #<procedure> #<procedure>)");
    check("((case-lambda (() 0) ((a) 1) ((a b &rest r) r)) 1 2 3 4)", "(3 4)");
    check("((lambda (a &optional b &key c &rest d) (list a c)) 1 2 :c 3)", "(1 3)");
    check("(let ((n 0)) (let ((f (lambda () (set! n (+ n 1)) n))) (f) (f)))", "2");
    check("((lambda (x) (lambda () (no-such-variable x))) 1)", "#<procedure>");
    check("(no-such-variable 1)", "unbound variable: no-such-variable");
    check("(car 5)", "car: argument 1: expected pair, got 5");
    check("((named f (a) a))", "f: expected 1 argument, got 0");
}

// A guard that was read is one: its cell's next value is seen.
static void test_guards(void **state) {
    (void)state;
    vm->tier = (struct Tier *)&t1_tier;
    check("(begin (define before (?car '(1 2))) (set! ?car (lambda (x) 'mine)) (list before (?car "
          "'(1 2))))",
          "(1 mine)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_constants),        UNIT_TEST(test_flags_are_kept),
        UNIT_TEST(test_what_has_no_text), UNIT_TEST(test_generated_data),
        UNIT_TEST(test_cut_off),          UNIT_TEST(test_code),
        UNIT_TEST(test_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
