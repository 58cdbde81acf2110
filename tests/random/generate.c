// Random programs, written from the outside in: each function writes an expression of a kind, and
// asks others for its parts. See README.md for the design.
#include "tests/random/generate.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum Kind { // of what an expression answers, nearly always
    KIND_INTEGER,   // exact
    KIND_NUMBER,
    KIND_BOOLEAN,
    KIND_STRING,
    KIND_CHAR,
    KIND_SYMBOL,
    KIND_LIST,
    KIND_VECTOR,
    KIND_DICT,
    KIND_TABLE,
    KIND_RECORD,
    KIND_COUNT,
    KIND_FUNCTION = KIND_COUNT, // of one argument
} Kind;

typedef struct Variable {
    char name[16];
    Kind kind;
    bool escape; // a continuation that takes a value of that kind
    bool fixed;  // never assigned
} Variable;

enum { PARAMETERS_MAX = 4 };
typedef struct Function { // a global one
    char name[16];
    int required, optional;
    bool keyword, rest; // :size, and the rest parameter
    Kind result, parameter[PARAMETERS_MAX];
} Function;

enum { VARIABLES_MAX = 64, FUNCTIONS_MAX = 12 };
typedef struct Generator {
    uint64_t state; // of the random numbers
    FILE *to;
    int nodes; // that the form may still have
    int names; // given so far
    int indent;
    Variable variable[VARIABLES_MAX]; // in scope, innermost last
    int variables, globals;           // the first `globals` are those of the top level
    Function function[FUNCTIONS_MAX];
    int functions;
    bool in_function; // one of the top level is being written
} Generator;

// ---- Chance -----------------------------------------------------------------------------------

static uint64_t random_word(Generator *g) { // splitmix64 (Steele, Lea, Flood 2014)
    uint64_t z = g->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static int below(Generator *g, int n) { return (int)(random_word(g) % (uint64_t)n); }
static bool chance(Generator *g, int percent) { return below(g, 100) < percent; }

static const char *pick_of(Generator *g, const char *const *from, size_t count) {
    return from[below(g, (int)count)];
}
#define PICK(g, ...)                                                                               \
    pick_of(g, (const char *const[]){__VA_ARGS__},                                                 \
            sizeof(const char *[]){__VA_ARGS__} / sizeof(char *))

// ---- Writing ----------------------------------------------------------------------------------

static void line(Generator *g) { fprintf(g->to, "\n%*s", 2 * g->indent, ""); }

static void expression(Generator *g, Kind kind, int depth);
static void function_of(Generator *g, Kind from, Kind to, int depth);

// Writes a template. In it, %i %n %b %s %c %y %l %v %d %t %r are expressions of the kinds in their
// order, %a one of any kind, %k one of `kind`, %f a function of a number to `kind`; %= a text from
// the arguments; %| a new line.
static void form(Generator *g, Kind kind, int depth, const char *template, ...);

static Kind any_kind(Generator *g) {
    static const Kind often[] = {KIND_INTEGER, KIND_INTEGER, KIND_INTEGER, KIND_NUMBER, KIND_NUMBER,
                                 KIND_BOOLEAN, KIND_STRING,  KIND_CHAR,    KIND_SYMBOL, KIND_LIST,
                                 KIND_LIST,    KIND_VECTOR,  KIND_DICT};
    return often[below(g, (int)(sizeof often / sizeof often[0]))];
}

static void form_arguments(Generator *g, Kind kind, int depth, const char *template,
                           va_list arguments) {
    static const char letters[] = "inbscylvdtr";
    for (const char *p = template; *p; p++) {
        if (*p != '%') {
            fputc(*p, g->to);
            continue;
        }
        const char *at;
        switch (*++p) {
        case 'a':
            expression(g, any_kind(g), depth - 1);
            break;
        case 'k':
            expression(g, kind, depth - 1);
            break;
        case 'f':
            function_of(g, KIND_NUMBER, kind, depth - 1);
            break;
        case '=':
            fputs(va_arg(arguments, const char *), g->to);
            break;
        case '|':
            line(g);
            break;
        default:
            at = strchr(letters, *p);
            if (!at)
                abort();
            expression(g, (Kind)(at - letters), depth - 1);
        }
    }
}

static void form(Generator *g, Kind kind, int depth, const char *template, ...) {
    va_list arguments;
    va_start(arguments, template);
    g->indent++;
    form_arguments(g, kind, depth, template, arguments);
    g->indent--;
    va_end(arguments);
}

// ---- Scope ------------------------------------------------------------------------------------

static Variable *bind(Generator *g, const char *prefix, Kind kind) {
    if (g->variables == VARIABLES_MAX)
        g->variables--;
    Variable *v = &g->variable[g->variables++];
    *v = (Variable){.kind = kind};
    // Now and then a name that is taken already.
    snprintf(v->name, sizeof v->name, "%s%d", prefix,
             chance(g, 15) ? below(g, g->names + 1) : g->names++);
    return v;
}

// The innermost variable of that name is what the name means.
static bool is_hidden(const Generator *g, int index) {
    for (int i = index + 1; i < g->variables; i++)
        if (strcmp(g->variable[i].name, g->variable[index].name) == 0)
            return true;
    return false;
}

static const Variable *find(Generator *g, Kind kind, bool escape, bool assign) {
    if (g->variables == 0)
        return nullptr;
    int start = below(g, g->variables);
    for (int i = 0; i < g->variables; i++) {
        int at = g->variables - 1 - (start + i) % g->variables;
        const Variable *v = &g->variable[at];
        if (v->kind == kind && v->escape == escape && !(assign && v->fixed) && !is_hidden(g, at))
            return v;
    }
    return nullptr;
}

// ---- Literals ---------------------------------------------------------------------------------

static void integer_literal(Generator *g) {
    switch (below(g, 10)) {
    case 0: // at the limits of fixnums: 2^49
        fprintf(g->to, "%lld", (chance(g, 50) ? 1LL : -1LL) * ((1LL << 49) + below(g, 5) - 2));
        break;
    case 1:
        fputs(PICK(g, "1000000007", "4294967296", "-9223372036854775808", "18446744073709551616",
                   "123456789012345678901234567890", "-340282366920938463463374607431768211456",
                   "281474976710656", "67108864", "-33554433"),
              g->to);
        break;
    case 2:
        fprintf(g->to, "%d", below(g, 2000) - 1000);
        break;
    default:
        fprintf(g->to, "%d", below(g, 12) - 2);
    }
}

static void number_literal(Generator *g) {
    switch (below(g, 8)) {
    case 0:
        fprintf(g->to, "%d/%d", below(g, 40) - 20, 1 + below(g, 12));
        break;
    case 1:
    case 2:
        fputs(PICK(g, "0.5", "-0.0", "0.0", "1.5", "1e308", "-2.25", "+inf.0", "+nan.0", "1e-320",
                   "3.0", "562949953421312.0", "100.125", "-inf.0"),
              g->to);
        break;
    case 3:
        fputs(PICK(g, "1+2i", "+i", "1/2-3i", "1.5+0.5i", "-2.0i"), g->to);
        break;
    default:
        integer_literal(g);
    }
}

static void literal(Generator *g, Kind kind) {
    switch (kind) {
    case KIND_INTEGER:
        integer_literal(g);
        return;
    case KIND_NUMBER:
        number_literal(g);
        return;
    case KIND_BOOLEAN:
        fputs(PICK(g, "#t", "#f"), g->to);
        return;
    case KIND_STRING:
        fputs(PICK(g, "\"\"", "\"a\"", "\"abc\"", "\"Zwölf\"", "\"x y\"", "\"\\\"q\\\"\"", "\"λ→\"",
                   "\"12\""),
              g->to);
        return;
    case KIND_CHAR:
        fputs(PICK(g, "#\\a", "#\\Z", "#\\space", "#\\λ", "#\\0", "#\\newline"), g->to);
        return;
    case KIND_SYMBOL:
        fputs(PICK(g, "'a", "'b", "'sym", ":key", ":size", "'else", "nil"), g->to);
        return;
    case KIND_LIST:
        fputs(PICK(g, "'()", "'(1 2 3)", "(list 1 2)", "'(a \"b\" #\\c)", "(list)", "'(1 (2 3) 4)",
                   "'(3 1 2)", "'(1 . 2)", "'((a . 1) (b . 2))"),
              g->to);
        return;
    case KIND_VECTOR:
        fputs(PICK(g, "#(1 2 3)", "(vector 1 2)", "(make-vector 3 0)", "#()",
                   "(vector 'a \"b\" 3.5)"),
              g->to);
        return;
    case KIND_DICT:
        fputs(PICK(g, "{}", "{:a 1}", "{:a 1 :b 2}", "{\"k\" 'v 1 2}"), g->to);
        return;
    case KIND_TABLE:
        fputs("(make-hash-table equal?)", g->to);
        return;
    case KIND_RECORD:
        fputs(PICK(g, "(make-point 1 2)", "(make-point 'x 0)", "(make-point3 1 2 3)"), g->to);
        return;
    case KIND_FUNCTION:
        break;
    }
    abort();
}

// ---- Expressions that are particular to a kind ------------------------------------------------

// One operation with operands of all kinds, so that an instruction that has seen one kind sees the
// others.
static void mixed(Generator *g, Kind kind, int depth) {
    static const char *const tests[] = {"<",    ">",   "<=",     ">=",    "=",
                                        "eqv?", "eq?", "equal?", "char<?"};
    static const char *const others[] = {"+",
                                         "-",
                                         "*",
                                         "/",
                                         "quotient",
                                         "remainder",
                                         "modulo",
                                         "max",
                                         "vector-ref",
                                         "cons",
                                         "string-ref",
                                         "expt",
                                         "bitwise-and",
                                         "list-ref",
                                         "exact-integer-sqrt",
                                         "arithmetic-shift"};
    static const char *const ones[] = {
        "car",       "cdr",    "zero?",          "vector-length", "-",           "abs",
        "not",       "null?",  "even?",          "sqrt",          "cadr",        "inc",
        "point-x",   "exact",  "inexact",        "string-length", "char-upcase", "length",
        "negative?", "square", "symbol->string", "floor",         "point3?",     "point-z",
        "reverse"};
    bool test = chance(g, 40);
    const char *of_two = test ? pick_of(g, tests, sizeof tests / sizeof tests[0])
                              : pick_of(g, others, sizeof others / sizeof others[0]);
    const char *of_one = pick_of(g, ones, sizeof ones / sizeof ones[0]);
    g->indent++;
    fputs("(begin (for-each", g->to);
    line(g);
    fputs("(lambda (x) (tick) (note 'mixed (guard (e (#t (describe e))) ", g->to);
    if (chance(g, 30))
        fputs("(let ((y x)) ", g->to), test = test || chance(g, 20);
    else
        fputs("(begin ", g->to);
    if (test)
        fputs("(if ", g->to);
    int form = below(g, 4);
    // An exponent or a shift of any size would make numbers that take minutes and gigabytes.
    if (form == 2 && (strcmp(of_two, "expt") == 0 || strcmp(of_two, "arithmetic-shift") == 0))
        form = 0;
    switch (form) {
    case 0:
        fprintf(g->to, "(%s x %s)", of_two,
                PICK(g, "1", "2", "-1", "0", "100", "1000", "1.5", "0.0", "1/2"));
        break;
    case 1:
        fprintf(
            g->to, "(%s %s x)", of_two,
            PICK(g, "1", "2", "0", "-128", "0.5", "562949953421311", "(vector 1 2 3)", "\"abc\""));
        break;
    case 2:
        fprintf(g->to, "(%s x ", of_two);
        expression(g, chance(g, 70) ? KIND_NUMBER : any_kind(g), depth - 2);
        fputc(')', g->to);
        break;
    default:
        fprintf(g->to, "(%s x)", of_one);
    }
    if (test)
        fputs(" 'yes 'no)", g->to);
    fputs("))))", g->to);
    line(g);
    fputs("(list", g->to);
    for (int i = 3 + below(g, 8); i > 0; i--) {
        fputc(' ', g->to);
        fputs(PICK(g, "1", "0", "-3", "7", "0.5", "-0.0", "1e300", "+nan.0", "+inf.0", "1/3",
                   "562949953421311", "-562949953421312", "(expt 2 70)", "1+2i", "\"text\"", "'sym",
                   "#\\a", "'()", "'(1 2)", "#(5 6)", "nil", "(make-point 1 2)",
                   "(make-point3 1 2 3)", "#t", "car", "2.0"),
              g->to);
    }
    fputs("))", g->to);
    line(g);
    expression(g, kind, depth - 1);
    fputc(')', g->to);
    g->indent--;
}

typedef struct Template {
    Kind kind;
    const char *text;
} Template;

static const Template templates[] = {
#define TEMPLATE(KIND, text) {KIND_##KIND, text},
#include "tests/random/templates.def"
#undef TEMPLATE
};
enum { TEMPLATES = sizeof templates / sizeof templates[0] };

static void particular(Generator *g, Kind kind, int depth) {
    int count = 0, chosen;
    for (int i = 0; i < TEMPLATES; i++)
        count += templates[i].kind == kind;
    chosen = below(g, count);
    for (int i = 0; i < TEMPLATES; i++)
        if (templates[i].kind == kind && chosen-- == 0) {
            form(g, kind, depth, templates[i].text);
            return;
        }
}

// What parts of data answer: any kind, mostly not the one that was asked for.
static void selection(Generator *g, Kind kind, int depth) {
    form(g, kind, depth,
         PICK(g, "(car %l)", "(car (cons %k %l))", "(cadr (list %a %k))",
              "(vector-ref (vector %k %a) 0)", "(get {:a %k} :a)", "(point-x (make-point %k %a))",
              "(car (cons %k %l))", "(cadr %l)", "(vector-ref %v %i)", "(vector-ref %v 0)",
              "(get %d %y)", "(point-x %r)", "(point-y %r)",
              "(list-ref (list %k %k %k) (modulo %i 3))", "(first %l)", "(get %d :a)"));
}

// ---- Functions and calls ----------------------------------------------------------------------

// A function of one argument.
static void function_of(Generator *g, Kind from, Kind to, int depth) {
    int mark = g->variables;
    const char *name = bind(g, "p", from)->name;
    if (chance(g, 15))
        fprintf(g->to, "(fn (%s)", name);
    else if (chance(g, 10))
        fprintf(g->to, "(case-lambda ((%s)", name);
    else
        fprintf(g->to, "(lambda (%s)", name);
    fputs(" (tick) ", g->to);
    expression(g, to, depth - 1);
    fputc(')', g->to);
    g->variables = mark;
}

static void call(Generator *g, const Function *f, int depth) {
    fprintf(g->to, "(%s", f->name);
    int count = f->required + (f->optional ? below(g, f->optional + 1) : 0);
    if (chance(g, 2))
        count += below(g, 3) - 1;
    for (int i = 0; i < count; i++) {
        // From one procedure to the next, what is handed on might grow without end.
        fputs(g->in_function ? " (clip " : " ", g->to);
        expression(g, f->parameter[i % PARAMETERS_MAX], depth - 1);
        fputs(g->in_function ? ")" : "", g->to);
    }
    if (f->keyword && chance(g, 50)) {
        fputs(chance(g, 95) ? " :size " : " :other ", g->to);
        expression(g, KIND_INTEGER, depth - 1);
    }
    if (f->rest)
        for (int i = below(g, 3); i > 0; i--) {
            fputc(' ', g->to);
            expression(g, any_kind(g), depth - 1);
        }
    fputc(')', g->to);
}

static bool call_some(Generator *g, Kind kind, int depth) {
    if (g->functions == 0)
        return false;
    int start = below(g, g->functions);
    for (int i = 0; i < g->functions; i++) {
        const Function *f = &g->function[(start + i) % g->functions];
        if (f->result == kind) {
            call(g, f, depth);
            return true;
        }
    }
    return false;
}

// ---- Statements: for effect -------------------------------------------------------------------

static void assign(Generator *g, int depth) {
    Kind kind = any_kind(g);
    const Variable *v = find(g, kind, false, true);
    if (!v) {
        form(g, kind, depth, "(note 'n %a)");
        return;
    }
    fprintf(g->to, "(set! %s (clip ", v->name);
    expression(g, kind, depth - 1);
    fputs("))", g->to);
}

static void escape(Generator *g, int depth) {
    Kind kind = any_kind(g);
    const Variable *v = find(g, kind, true, false);
    if (!v)
        form(g, kind, depth, "(note 'e %a)");
    else {
        fputs("(if ", g->to);
        expression(g, KIND_BOOLEAN, depth - 2);
        fprintf(g->to, " (%s ", v->name);
        expression(g, kind, depth - 1);
        fputs("))", g->to);
    }
}

// Primitives that are redefined, and by what. `old` is what they were.
static void redefine(Generator *g, int depth) {
    static const char *const redefinitions[] = {
#define REDEFINITION(text) text,
#include "tests/random/redefinitions.def"
#undef REDEFINITION
    };
    if (chance(g, 30) && g->functions > 0) { // a procedure of the program
        const Function *f = &g->function[below(g, g->functions)];
        fprintf(g->to, "(set! %s (lambda args (tick) (note '%s ", f->name, f->name);
        expression(g, f->result, depth - 1);
        fputs(")))", g->to);
        return;
    }
    fputs(pick_of(g, redefinitions, sizeof redefinitions / sizeof redefinitions[0]), g->to);
}

static void statement(Generator *g, int depth) {
    switch (below(g, 22)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        form(g, KIND_INTEGER, depth, "(note '%= %a)", PICK(g, "a", "b", "c", "d"));
        return;
    case 5:
    case 6:
    case 7:
    case 8:
        assign(g, depth);
        return;
    case 9:
    case 10:
        escape(g, depth);
        return;
    case 11:
        if (chance(g, 50)) {
            redefine(g, depth);
            return;
        }
        form(g, KIND_INTEGER, depth, "(parameter)");
        return;
    case 12:
        form(g, KIND_INTEGER, depth,
             "(let ((v (vector-copy %v)))%|(vector-set! v (modulo %i 2) (clip %a)) (note 'v v))");
        return;
    case 13:
        form(g, KIND_INTEGER, depth,
             "(let ((l (list %a %a)))%|(set-car! l (clip %a)) (note 'l l))");
        return;
    case 14:
        form(g, KIND_INTEGER, depth, "(for-each (lambda (x) (tick)%|(note 'x x) %a) %l)");
        return;
    case 15:
        form(g, KIND_INTEGER, depth, "(dict-set! %d %y (clip %a))");
        return;
    case 16:
        form(g, KIND_INTEGER, depth, "(when %b%|(note 'w %a))");
        return;
    case 17:
        form(g, KIND_INTEGER, depth, "(hash-table-set! %t %a %i)");
        return;
    case 18:
        form(g, KIND_INTEGER, depth, "(vector-for-each (lambda (x) (tick) (note 'v x)) %v)");
        return;
    case 19:
        form(g, KIND_INTEGER, depth, "(do-times (i 3) (tick)%|(note i %a))");
        return;
    case 20:
        form(g, KIND_INTEGER, depth,
             "(let ((n 0)) (while (< n 3) (tick) (set! n (+ n 1))%|(note n %a)))");
        return;
    default:
        form(g, KIND_INTEGER, depth, "(for-in (x %l) (tick)%|(note 'in %a))");
    }
}

// Some statements, then an expression.
static void body(Generator *g, Kind kind, int depth) {
    g->indent++;
    for (int i = below(g, 3); i > 0; i--) {
        line(g);
        statement(g, depth - 1);
    }
    line(g);
    expression(g, kind, depth);
    g->indent--;
}

// ---- Control ----------------------------------------------------------------------------------

static void let_form(Generator *g, Kind kind, int depth) {
    static const char *const keywords[] = {"let", "let*", "letrec", "letrec*"};
    int which = below(g, 8), mark = g->variables, count = 1 + below(g, 3);
    const char *keyword = keywords[which < 4 ? which : 0];
    Variable bound[3];
    fprintf(g->to, "(%s (", keyword);
    for (int i = 0; i < count; i++) {
        Kind k = any_kind(g);
        int inner = g->variables;
        if (keyword[3] == 'r' && i > 0 && chance(g, 20) && inner < VARIABLES_MAX)
            g->variable[g->variables++] = bound[i - 1]; // not there yet, in letrec
        bound[i] = *bind(g, "v", k);
        bool again = false;
        for (int j = 0; j < i; j++)
            again = again || strcmp(bound[i].name, bound[j].name) == 0;
        if (again)
            snprintf(bound[i].name, sizeof bound[i].name, "v%d", g->names++);
        g->variables = inner;
        fprintf(g->to, i ? " (%s " : "(%s ", bound[i].name);
        expression(g, k, depth - 1);
        fputc(')', g->to);
        if (strchr(keyword, '*') && g->variables < VARIABLES_MAX)
            g->variable[g->variables++] = bound[i];
    }
    fputc(')', g->to);
    g->variables = mark;
    for (int i = 0; i < count && g->variables < VARIABLES_MAX; i++)
        g->variable[g->variables++] = bound[i];
    body(g, kind, depth - 1);
    fputc(')', g->to);
    g->variables = mark;
}

// (let loop ((i 0) (acc x)) …) with the call of loop in tail position or not.
static void named_let(Generator *g, Kind kind, int depth) {
    int mark = g->variables, loop = g->names++, limit = 1 + below(g, chance(g, 85) ? 6 : 30);
    bool tail = chance(g, 65);
    Variable i = *bind(g, "i", KIND_INTEGER);
    g->variable[g->variables - 1].fixed = i.fixed = chance(g, 80);
    g->variables--;
    Variable acc = *bind(g, "acc", kind);
    g->variables--;
    if (strcmp(i.name, acc.name) == 0)
        strcat(acc.name, "x");
    fprintf(g->to, "(let loop%d ((%s 0) (%s ", loop, i.name, acc.name);
    expression(g, kind, depth - 1);
    fputs("))", g->to);
    if (g->variables + 2 <= VARIABLES_MAX) {
        g->variable[g->variables++] = i;
        g->variable[g->variables++] = acc;
    }
    fputs(" (tick)", g->to);
    g->indent++;
    line(g);
    fprintf(g->to, chance(g, 50) ? "(if (= %s %d) (begin" : "(if (>= %s %d) (let ()", i.name,
            limit);
    body(g, kind, depth - 2);
    fputc(')', g->to);
    line(g);
    if (tail) {
        fputs("(begin", g->to);
        g->indent++;
        for (int n = below(g, 3); n > 0; n--) {
            line(g);
            statement(g, depth - 2);
        }
        line(g);
        fprintf(g->to, "(loop%d (+ %s 1) (clip ", loop, i.name);
        expression(g, kind, depth - 2);
        fputs(")))", g->to);
        g->indent--;
    } else {
        fprintf(g->to, "(let ((r (clip (loop%d (+ %s 1) %s))))", loop, i.name, acc.name);
        if (g->variables < VARIABLES_MAX)
            g->variable[g->variables++] = (Variable){.name = "r", .kind = kind};
        body(g, kind, depth - 2);
        fputc(')', g->to);
    }
    fputs("))", g->to);
    g->indent--;
    g->variables = mark;
}

// More variables than an instruction can name, all live; a call with as many arguments.
static void crowd(Generator *g, Kind kind, int depth) {
    int first = g->names, count = 250 + below(g, 20);
    g->names += count;
    fputs("(let* (", g->to);
    for (int i = 0; i < count; i++) {
        if (i % 40 == 0) {
            fprintf(g->to, "(w%d ", first + i);
            expression(g, KIND_INTEGER, 2);
            fputs(") ", g->to);
        } else
            fprintf(g->to, "(w%d (+ w%d %d)) ", first + i, first + below(g, i), below(g, 9));
    }
    fputs(") ", g->to);
    int mark = g->variables;
    for (int i = 0; i < 6 && g->variables < VARIABLES_MAX; i++) {
        Variable *v = &g->variable[g->variables++];
        *v = (Variable){.kind = KIND_INTEGER, .fixed = chance(g, 70)};
        snprintf(v->name, sizeof v->name, "w%d", first + below(g, count));
    }
    body(g, kind, depth - 2);
    line(g);
    fprintf(g->to, "(note 'crowd ((lambda (a . r) (list a (length r) %s)) ",
            PICK(g, "(apply + r)", "(apply max r)", "(car r)"));
    for (int i = 0; i < count; i++)
        fprintf(g->to, "w%d ", first + i);
    fputs("))", g->to);
    line(g);
    body(g, kind, depth - 2);
    fputc(')', g->to);
    g->variables = mark;
}

static void do_loop(Generator *g, Kind kind, int depth) {
    int mark = g->variables;
    Variable i = *bind(g, "i", KIND_INTEGER);
    i.fixed = true;
    g->variables--;
    Variable acc = *bind(g, "acc", kind);
    g->variables--;
    if (strcmp(i.name, acc.name) == 0)
        strcat(acc.name, "x");
    fprintf(g->to, "(do ((%s 0 (+ %s 1)) (%s ", i.name, i.name, acc.name);
    expression(g, kind, depth - 1);
    if (g->variables + 2 <= VARIABLES_MAX) {
        g->variable[g->variables++] = i;
        g->variable[g->variables++] = acc;
    }
    fputs(" (clip ", g->to);
    expression(g, kind, depth - 2);
    fprintf(g->to, "))) ((= %s %d) ", i.name, 1 + below(g, 5));
    expression(g, kind, depth - 2);
    fputs(") (tick)", g->to);
    g->indent++;
    for (int n = 1 + below(g, 2); n > 0; n--) {
        line(g);
        statement(g, depth - 2);
    }
    g->indent--;
    fputc(')', g->to);
    g->variables = mark;
}

// Local procedures that may call each other, made by letrec or inner definitions.
static void local_functions(Generator *g, Kind kind, int depth) {
    int mark = g->variables, a = g->names++, b = g->names++;
    Kind other = any_kind(g);
    const char *style = PICK(g, "(letrec ((f%d (lambda (n x)", "(letrec* ((f%d (lambda (n x)",
                             "(let () (define (f%d n x)");
    bool inner = style[4] == ' ';
    fprintf(g->to, style, a);
    if (g->variables + 2 <= VARIABLES_MAX) {
        g->variable[g->variables++] = (Variable){.name = "n", .kind = KIND_INTEGER, .fixed = true};
        g->variable[g->variables++] = (Variable){.name = "x", .kind = other};
    }
    fputs(" (tick)", g->to);
    g->indent++;
    line(g);
    fputs("(if (<= n 0) ", g->to);
    expression(g, kind, depth - 2);
    line(g);
    if (chance(g, 50)) {
        fprintf(g->to, "(f%d (- n 1) ", b);
        expression(g, other, depth - 2);
        fputs(")))", g->to);
    } else {
        fprintf(g->to, "(let ((r (clip (f%d (- n 1) x))))", b);
        body(g, kind, depth - 2);
        fputs(")))", g->to);
    }
    line(g);
    fprintf(g->to, inner ? "(define (f%d n x) (tick)" : ") (f%d (lambda (n x) (tick)", b);
    body(g, kind, depth - 2);
    fputs(inner ? ")" : ")))", g->to);
    g->variables = mark;
    if (chance(g, 20)) {
        line(g);
        fprintf(g->to, "(set! f%d f%d)", chance(g, 50) ? a : b, a);
    }
    line(g);
    fprintf(g->to, "(f%d %d ", a, below(g, 5));
    expression(g, other, depth - 1);
    fputs("))", g->to);
    g->indent--;
}

static void escaping(Generator *g, Kind kind, int depth) {
    int mark = g->variables;
    Variable *k = bind(g, "k", kind);
    k->escape = true;
    fprintf(g->to, "(%s (lambda (%s)",
            PICK(g, "call/cc", "call/ec", "call-with-current-continuation"), k->name);
    body(g, kind, depth - 1);
    fputs("))", g->to);
    g->variables = mark;
}

// A continuation that is entered again, at most twice.
static void reentrant(Generator *g, Kind kind, int depth) {
    int again = g->names++;
    fprintf(g->to, "(let ((n%d 0) (again%d #f))", again, again);
    g->indent++;
    line(g);
    int mark = g->variables;
    Variable *v = bind(g, "v", kind);
    char name[16];
    memcpy(name, v->name, sizeof name);
    g->variables = mark;
    fprintf(g->to, "(let ((%s (call/cc (lambda (k) (set! again%d k) ", name, again);
    expression(g, kind, depth - 1);
    fputs("))))", g->to);
    bind(g, "v", kind);
    memcpy(g->variable[g->variables - 1].name, name, sizeof name);
    line(g);
    fprintf(g->to, "(tick) (set! n%d (+ n%d 1))", again, again);
    line(g);
    statement(g, depth - 2);
    line(g);
    fprintf(g->to, "(if (< n%d %d) (again%d ", again, 2 + below(g, 2), again);
    expression(g, kind, depth - 2);
    fputs(") ", g->to);
    expression(g, kind, depth - 2);
    fputs(")))", g->to);
    g->indent--;
    g->variables = mark;
}

static const char *const wrappers[] = {
#define WRAPPER(text) text,
#include "tests/random/wrappers.def"
#undef WRAPPER
};
enum { WRAPPERS = sizeof wrappers / sizeof wrappers[0] };

static void control(Generator *g, Kind kind, int depth) {
    switch (below(g, 24)) {
    case 0:
    case 1:
        let_form(g, kind, depth);
        return;
    case 2:
    case 3:
        named_let(g, kind, depth);
        return;
    case 4:
        do_loop(g, kind, depth);
        return;
    case 5:
        local_functions(g, kind, depth);
        return;
    case 6:
    case 7:
        escaping(g, kind, depth);
        return;
    case 8:
        reentrant(g, kind, depth);
        return;
    case 9:
        if (chance(g, 4))
            crowd(g, kind, depth);
        else
            mixed(g, kind, depth);
        return;
    default:
        form(g, kind, depth, wrappers[below(g, WRAPPERS)],
             PICK(g, "car", "cons 1", "vector-ref (vector 1)", "point-x", "set-point-x! 1",
                  "make-point 1 2 3", "-", "apply", "tick 1", "describe", "(lambda (x) x)",
                  "(lambda (x y . z) x) 1", "(fn (a &key b) a) 1 :c 2", "(fn (a &key b) a) 1 :b",
                  "(case-lambda ((a) a) ((a b c) a)) 1 2", "parameter 1", "values", "not",
                  "+ 1 2 3 'x", "< 3 2 'x", "list-tail '(1) 2", "5 6", "'symbol",
                  "vector 1 (undefined-one) 3", "set! undefined-two 5"));
    }
}

static void expression(Generator *g, Kind kind, int depth) {
    g->nodes--;
    if (chance(g, 1))
        kind = any_kind(g); // a mistake of the program's
    const Variable *v;
    if (depth <= 0 || g->nodes <= 0) {
        v = chance(g, 65) ? find(g, kind, false, false) : nullptr;
        if (v)
            fputs(v->name, g->to);
        else
            literal(g, kind);
        return;
    }
    int dice = below(g, 100);
    if (dice < 22 && (v = find(g, kind, false, false)))
        fputs(v->name, g->to);
    else if (dice < 30)
        literal(g, kind);
    else if (dice < 58)
        control(g, kind, depth);
    else if (dice < 66 && call_some(g, kind, depth))
        return;
    else if (dice < 69)
        selection(g, kind, depth);
    else
        particular(g, kind, depth);
}

// ---- Top level --------------------------------------------------------------------------------

static void define_function(Generator *g) {
    if (g->functions == FUNCTIONS_MAX)
        return;
    Function f = {.required = below(g, 4), .result = any_kind(g)};
    snprintf(f.name, sizeof f.name, "g%d", g->names++);
    bool extended = chance(g, 30);
    if (extended) {
        f.optional = below(g, 3);
        if (f.required + f.optional > PARAMETERS_MAX)
            f.optional = 0;
        f.keyword = f.optional == 0 && chance(g, 50);
    }
    f.rest = chance(g, 15) && f.optional == 0 && !f.keyword;
    int mark = g->variables;
    fprintf(g->to, extended ? "(defn %s (" : "(define (%s", f.name);
    for (int i = 0; i < f.required + f.optional; i++) {
        f.parameter[i] = any_kind(g);
        char name[16];
        snprintf(name, sizeof name, "p%d", g->names++);
        if (i == f.required)
            fputs(" &optional", g->to);
        if (i >= f.required) {
            fprintf(g->to, " (%s ", name);
            expression(g, f.parameter[i], 1);
            fputc(')', g->to);
        } else
            fprintf(g->to, " %s", name);
        Variable *v = bind(g, "p", f.parameter[i]);
        memcpy(v->name, name, sizeof name);
    }
    if (f.keyword) {
        fputs(" &key (size 1)", g->to);
        Variable *v = bind(g, "p", KIND_INTEGER);
        snprintf(v->name, sizeof v->name, "size");
    }
    if (f.rest) {
        fputs(extended ? " &rest more" : " . more", g->to);
        Variable *v = bind(g, "p", KIND_LIST);
        snprintf(v->name, sizeof v->name, "more");
    }
    fputs(") (tick)", g->to);
    // It may call itself; fuel ends that.
    g->function[g->functions++] = f;
    g->in_function = true;
    body(g, f.result, 4);
    g->in_function = false;
    fputc(')', g->to);
    g->variables = mark;
}

// Arguments for a function: mostly of the kinds it is meant for.
static void argument_list(Generator *g, const Function *f) {
    int count = f->required + (f->optional ? below(g, f->optional + 1) : 0);
    if (chance(g, 3))
        count += below(g, 3) - 1;
    fputs(" (list", g->to);
    for (int i = 0; i < count; i++) {
        Kind kind = f->parameter[i % PARAMETERS_MAX];
        fputc(' ', g->to);
        if (chance(g, 50))
            literal(g, chance(g, 80) ? kind : any_kind(g));
        else
            expression(g, chance(g, 80) ? kind : any_kind(g), 1);
    }
    if (f->keyword && chance(g, 50)) {
        fputs(" :size ", g->to);
        expression(g, KIND_INTEGER, 1);
    }
    fputc(')', g->to);
}

// A function gets hot: it is called again and again, in phases that differ in the types of its
// arguments, with redefinitions between them.
static void hot_function(Generator *g) {
    if (g->functions == 0)
        return;
    const Function f = g->function[chance(g, 60) ? g->functions - 1 : below(g, g->functions)];
    for (int phases = 1 + below(g, 4); phases > 0; phases--) {
        fprintf(g->to, "(drive '%s %s %d (list", f.name, f.name, 2 + below(g, 5) * below(g, 12));
        for (int lists = 1 + below(g, 4) * below(g, 2); lists > 0; lists--)
            argument_list(g, &f);
        fputs("))", g->to);
        if (phases > 1) {
            line(g);
            if (chance(g, 25)) {
                redefine(g, 3);
                line(g);
            }
        }
    }
}

static void define_variable(Generator *g) {
    Kind kind = chance(g, 10) ? (chance(g, 50) ? KIND_TABLE : KIND_RECORD) : any_kind(g);
    char name[16];
    snprintf(name, sizeof name, "x%d", g->names++);
    fprintf(g->to, "(define %s (clip ", name);
    expression(g, kind, 2);
    fputs("))", g->to);
    if (g->globals < VARIABLES_MAX / 2) {
        Variable *v = bind(g, "x", kind);
        memcpy(v->name, name, sizeof name);
        g->globals = g->variables;
    }
}

// A continuation of one form entered from another.
static void across_forms(Generator *g) {
    int k = g->names++;
    if (chance(g, 30)) { // a variable that is used before it is defined
        fprintf(
            g->to,
            "(define (h%d x) (tick) (if (and (integer? x) (> x 0)) (later%d x) (list later%d x)))\n"
            "(note 'early (guard (e (#t (describe e))) (h%d 1)))\n(h%d 0)\n"
            "(define (later%d x) (list 'later (h%d (- x 1))))\n(note 'late (h%d 2))",
            k, k, k, k, k, k, k, k);
        return;
    }
    fprintf(g->to, "(define k%d #f)\n(define c%d 0)\n(note 'got (call/cc (lambda (k) (set! k%d k) ",
            k, k, k);
    expression(g, KIND_INTEGER, 2);
    fprintf(g->to, ")))\n(if (< c%d 2) (begin (tick) (set! c%d (+ c%d 1)) (k%d c%d)))", k, k, k, k,
            k);
}

static const char prologue[] = {
#embed "tests/random/prologue.sx"
    , 0};

char *random_program(uint64_t seed) {
    char *text;
    size_t length;
    Generator *g = calloc(1, sizeof *g);
    g->state = seed * 0xD1342543DE82EF95u + 1;
    g->to = open_memstream(&text, &length);
    fprintf(g->to, "(define starting-fuel %d)\n%s", 150 + below(g, 400), prologue);
    for (int forms = 5 + below(g, 9); forms > 0; forms--) {
        g->nodes = 20 + below(g, 60);
        int dice = below(g, 20);
        if (dice < 6) {
            define_function(g);
            if (chance(g, 50)) {
                fputc('\n', g->to);
                hot_function(g);
            }
        } else if (dice < 9)
            define_variable(g);
        else if (dice == 9)
            across_forms(g);
        else if (dice == 10)
            redefine(g, 3);
        else {
            fputs(chance(g, 40) ? "(clip " : "(begin ", g->to);
            expression(g, any_kind(g), 5);
            fputc(')', g->to);
        }
        fputc('\n', g->to);
    }
    fclose(g->to);
    free(g);
    return text;
}
