// syntax-rules: patterns and templates are compiled once, when the macro is defined; a use matches
// and expands in time linear in what it reads and writes.
//
// Matching fills slots: a variable of depth 0 holds a datum, one below n ellipses a Sequence of
// such of depth n-1. Expansion reads slots. An ellipsis of a template is a Level, whose drivers say
// which Sequence it walks and into which slot of its own each element goes:
//
//   pattern  ((a b ...) ...)         slots  0: a (depth 1)   1: b (depth 2)
//   template ((b ... a) ...)         outer level: 1 -> 2, 0 -> 3; inner level: 2 -> 4;  i.e. ((4
//   ... 3) ...)
//
// A variable may stand below more ellipses than in its pattern. Then it is walked by the innermost
// levels, so that
// ((x y ...) ...) repeats all y for each x; but where those walk something of full depth anyway, by
// the outermost, so that (a b) ... ... pairs each a with its own b's.
#include "runtime/dict.h"
#include "runtime/equal.h"
#include "runtime/vector.h"
#include "vm/expand_int.h"

typedef uint64_t Slot; // a Value or a Sequence *

typedef struct Sequence {
    size_t count;
    Slot item[];
} Sequence;

typedef enum PatternKind {
    PATTERN_ANY,
    PATTERN_VARIABLE, // slot
    PATTERN_LITERAL,  // value: the identifier
    PATTERN_DATUM,    // value
    PATTERN_PAIR,     // first, rest
    PATTERN_ELLIPSIS, // first repeated, then rest
    PATTERN_VECTOR,   // first: pattern of the list of its elements
} PatternKind;

typedef struct Pattern {
    PatternKind kind;
    uint32_t slot;       // VARIABLE; ELLIPSIS: first slot of its variables
    uint32_t slot_count; // ELLIPSIS: number of its variables
    uint32_t tail;       // ELLIPSIS: pairs that rest takes
    Value value;
    struct Pattern *first, *rest;
} Pattern;

typedef struct Level {
    struct Level *outer; // the level around it
    uint32_t *from, *to; // drivers: slot of a Sequence, slot for its elements
    uint32_t count, capacity;
    Value pair;         // whose car is the ellipsis, for errors
    struct Level *next; // all levels of a template
} Level;

typedef enum TemplateKind {
    TEMPLATE_CONSTANT,
    TEMPLATE_SYMBOL,   // index: which of the rule's symbols
    TEMPLATE_VARIABLE, // index: slot
    TEMPLATE_PAIR,     // first, rest
    TEMPLATE_ELLIPSIS, // first repeated by levels (outermost first), then rest
    TEMPLATE_VECTOR,   // first: template of the list of its elements
    TEMPLATE_DICT,     // first: template of the list of its keys and values
} TemplateKind;

typedef struct Template {
    TemplateKind kind;
    uint32_t index;
    uint32_t level_count;
    Level **levels;
    Value value;
    struct Template *first, *rest;
} Template;

typedef struct Rule {
    Pattern *pattern; // of the form without its head
    Template *template;
    uint32_t slots; // for matching and expansion
    Value *symbols; // identifiers that the template inserts
    uint32_t symbol_count;
} Rule;

struct SyntaxRules {
    Scope *scope; // of the definition
    uint32_t count;
    Rule rule[];
};

// ---- compiling

typedef struct PatternVariable {
    Value name;
    uint32_t depth;
} PatternVariable; // its index is its slot

typedef struct Occurrence { // of a pattern variable in a template
    Template *template;
    Level *level; // innermost
    uint32_t variable;
    Value pair; // whose car it is, for errors
    struct Occurrence *next;
} Occurrence;

typedef struct Compiler {
    Expander *x;
    const Form *form;
    Scope *scope;
    Value ellipsis;           // custom one, or VALUE_NONE
    IdentifierTable literals; // items are not used
    PatternVariable *variable;
    uint32_t variable_count, variable_capacity;
    IdentifierTable symbols; // of the template; item is not used, the number counts
    Level *levels;
    Occurrence *occurrences;
    uint32_t slots;
} Compiler;

static bool is_literal(const Compiler *c, Value id) {
    return vm_table_find(&c->literals, id) != NULL;
}

static bool is_ellipsis(const Compiler *c, Value v) {
    if (!value_is_identifier(v) || is_literal(c, v))
        return false;
    return c->ellipsis != VALUE_NONE ? v == c->ellipsis : vm_is_keyword(c->x, c->scope, v, "...");
}

static void *compile_error(Compiler *c, Value pair, Value irritants, const char *message) {
    return vm_bad_part(c->x, c->form, pair, irritants, "%s", message);
}

static Pattern *pattern_new(Compiler *c, PatternKind kind) {
    Pattern *p = rt_raw_new(c->x->vm, sizeof *p);
    p->kind = kind;
    return p;
}

static Pattern *compile_identifier(Compiler *c, Value id, Value pair, uint32_t depth) {
    Expander *x = c->x;
    if (is_literal(c, id)) {
        Pattern *p = pattern_new(c, PATTERN_LITERAL);
        p->value = id;
        return p;
    }
    if (is_ellipsis(c, id))
        return compile_error(c, pair, VALUE_NULL, "an ellipsis follows no pattern");
    if (vm_is_keyword(x, c->scope, id, "_"))
        return pattern_new(c, PATTERN_ANY);
    for (uint32_t i = 0; i < c->variable_count; i++)
        if (c->variable[i].name == id)
            return compile_error(c, pair, rt_list(x->vm, 1, id), "duplicate pattern variable");
    if (c->variable_count == c->variable_capacity) {
        uint32_t capacity = c->variable_capacity ? 2 * c->variable_capacity : 8;
        PatternVariable *larger = NEW_ARRAY(x, PatternVariable, capacity);
        if (c->variable_count)
            memcpy(larger, c->variable, c->variable_count * sizeof *larger);
        c->variable = larger;
        c->variable_capacity = capacity;
    }
    Pattern *p = pattern_new(c, PATTERN_VARIABLE);
    p->slot = c->variable_count;
    c->variable[c->variable_count++] = (PatternVariable){.name = id, .depth = depth};
    return p;
}

// pair: whose car the pattern is, or which the pattern ends.
static Pattern *compile_pattern(Compiler *c, Value pattern, Value pair, uint32_t depth) {
    if (rt_stack_low(c->x->vm)) {
        rt_fail_depth(c->x->vm);
        return NULL;
    }
    if (value_is_identifier(pattern))
        return compile_identifier(c, pattern, pair, depth);
    if (value_is_vector(pattern)) {
        Pattern *p = pattern_new(c, PATTERN_VECTOR);
        Value list = rt_vector_to_list(c->x->vm, pattern, 0, vector_length(pattern));
        return (p->first = compile_pattern(c, list, pair, depth)) ? p : NULL;
    }
    if (!value_is_pair(pattern)) {
        Pattern *p = pattern_new(c, PATTERN_DATUM);
        p->value = pattern;
        return p;
    }
    if (rt_list_length(pattern) == LIST_CIRCULAR)
        return compile_error(c, pair, VALUE_NULL, "circular pattern");
    Pattern *first = NULL, **end = &first, *ellipsis = NULL;
    for (; value_is_pair(pattern); pair = pattern, pattern = value_cdr(pattern)) {
        Value next = value_cdr(pattern);
        bool repeated = value_is_pair(next) && is_ellipsis(c, value_car(next));
        Pattern *p = pattern_new(c, repeated ? PATTERN_ELLIPSIS : PATTERN_PAIR);
        p->slot = c->variable_count;
        if (!(p->first = compile_pattern(c, value_car(pattern), pattern, depth + repeated)))
            return NULL;
        p->slot_count = c->variable_count - p->slot;
        *end = p;
        end = &p->rest;
        if (repeated) {
            if (ellipsis)
                return compile_error(c, next, VALUE_NULL, "two ellipses in one list");
            ellipsis = p;
            pattern = next;
        } else if (ellipsis) {
            ellipsis->tail++;
        }
    }
    if (is_ellipsis(c, pattern))
        return compile_error(c, pair, VALUE_NULL, "an ellipsis after a dot");
    return (*end = compile_pattern(c, pattern, pair, depth)) ? first : NULL;
}

static Template *template_new(Compiler *c, TemplateKind kind) {
    Template *t = rt_raw_new(c->x->vm, sizeof *t);
    t->kind = kind;
    return t;
}

static Template *template_constant(Compiler *c, Value v) {
    Template *t = template_new(c, TEMPLATE_CONSTANT);
    t->value = v;
    return t;
}

static Template *compile_insertion(Compiler *c, Value id, Value pair, Level *level) {
    Expander *x = c->x;
    for (uint32_t i = 0; i < c->variable_count; i++) {
        if (c->variable[i].name != id)
            continue;
        Template *t = template_new(c, TEMPLATE_VARIABLE);
        Occurrence *o = rt_raw_new(x->vm, sizeof *o);
        *o = (Occurrence){
            .template = t, .level = level, .variable = i, .pair = pair, .next = c->occurrences};
        c->occurrences = o;
        return t;
    }
    Template *t = template_new(c, TEMPLATE_SYMBOL);
    t->index = (uint32_t)(vm_table_add(x->vm, &c->symbols, id) - c->symbols.entry);
    Library *library = c->scope->environment->library;
    if (library && !library->text)
        vm_table_add(x->vm, &library->template_symbols, vm_identifier_symbol(id));
    return t;
}

static Template *compile_template(Compiler *c, Value template, Value pair, Level *level,
                                  bool escaped);

static Template *compile_elements(Compiler *c, TemplateKind kind, Value list, Value pair,
                                  Level *level, bool escaped, Value whole) {
    Template *t = template_new(c, kind);
    if (!(t->first = compile_template(c, list, pair, level, escaped)))
        return NULL;
    return t->first->kind == TEMPLATE_CONSTANT ? template_constant(c, whole) : t;
}

static Value dict_to_list(VM *vm, Value dict) {
    ListBuilder b;
    TableCursor cursor;
    bool found;
    rt_list_builder_init(&b, vm);
    rt_table_cursor_init(&cursor, dict);
    while (rt_table_next(vm, &cursor, &found) && found) {
        rt_list_builder_add(&b, cursor.key);
        rt_list_builder_add(&b, cursor.value);
    }
    return b.first;
}

// The element at the car of `list`, which `count` ellipses follow.
static Template *compile_repeated(Compiler *c, Value list, uint32_t count, Level *level) {
    VM *vm = c->x->vm;
    Template *t = template_new(c, TEMPLATE_ELLIPSIS);
    t->level_count = count;
    t->levels = NEW_ARRAY(c->x, Level *, count);
    Value pair = value_cdr(list);
    for (uint32_t i = 0; i < count; i++, pair = value_cdr(pair)) {
        Level *inner = rt_raw_new(vm, sizeof *inner);
        *inner = (Level){.outer = level, .pair = pair, .next = c->levels};
        c->levels = t->levels[i] = level = inner;
    }
    t->first = compile_template(c, value_car(list), list, level, false);
    return t->first ? t : NULL;
}

static Template *compile_template(Compiler *c, Value template, Value pair, Level *level,
                                  bool escaped) {
    VM *vm = c->x->vm;
    if (rt_stack_low(vm)) {
        rt_fail_depth(vm);
        return NULL;
    }
    if (value_is_identifier(template)) {
        if (!escaped && is_ellipsis(c, template))
            return compile_error(c, pair, VALUE_NULL, "an ellipsis follows no template");
        return compile_insertion(c, template, pair, level);
    }
    if (value_is_vector(template))
        return compile_elements(c, TEMPLATE_VECTOR,
                                rt_vector_to_list(vm, template, 0, vector_length(template)), pair,
                                level, escaped, template);
    if (value_is_dict(template))
        return compile_elements(c, TEMPLATE_DICT, dict_to_list(vm, template), pair, level, escaped,
                                template);
    if (!value_is_pair(template))
        return template_constant(c, template);
    if (rt_list_length(template) == LIST_CIRCULAR)
        return compile_error(c, pair, VALUE_NULL, "circular template");
    if (!escaped && is_ellipsis(c, value_car(template))) {
        if (rt_list_length(template) != 2)
            return compile_error(c, template, VALUE_NULL, "expected (... template)");
        return compile_template(c, value_car(value_cdr(template)), value_cdr(template), level,
                                true);
    }
    Value whole = template;
    bool constant = true;
    Template *first = NULL, **end = &first;
    for (; value_is_pair(template); pair = template, template = value_cdr(template)) {
        // (x . (... y)): an escape at the end of a dotted list
        if (first && !escaped && is_ellipsis(c, value_car(template)))
            break;
        uint32_t count = 0;
        Value after = value_cdr(template);
        if (!escaped)
            for (; value_is_pair(after) && is_ellipsis(c, value_car(after));
                 after = value_cdr(after))
                count++;
        Template *t;
        if (count) {
            t = compile_repeated(c, template, count, level);
            if (!t)
                return NULL;
            for (; count; count--)
                template = value_cdr(template);
            constant = false;
        } else {
            t = template_new(c, TEMPLATE_PAIR);
            if (!(t->first = compile_template(c, value_car(template), template, level, escaped)))
                return NULL;
            constant &= t->first->kind == TEMPLATE_CONSTANT;
        }
        *end = t;
        end = &t->rest;
    }
    if (!(*end = compile_template(c, template, pair, level, escaped)))
        return NULL;
    return constant && (*end)->kind == TEMPLATE_CONSTANT ? template_constant(c, whole) : first;
}

// The slot a level's element of slot `from` goes to.
static uint32_t drive(Compiler *c, Level *level, uint32_t from) {
    for (uint32_t i = 0; i < level->count; i++)
        if (level->from[i] == from)
            return level->to[i];
    if (level->count == level->capacity) {
        uint32_t capacity = level->capacity ? 2 * level->capacity : 4;
        uint32_t *larger = rt_raw_new_atomic(c->x->vm, 2 * (size_t)capacity * sizeof *larger);
        if (level->count) {
            memcpy(larger, level->from, level->count * sizeof *larger);
            memcpy(larger + capacity, level->to, level->count * sizeof *larger);
        }
        level->from = larger;
        level->to = larger + capacity;
        level->capacity = capacity;
    }
    level->from[level->count] = from;
    return level->to[level->count++] = c->slots++;
}

// Let `depth` levels walk the variable, from the outermost of them inwards.
static uint32_t drive_through(Compiler *c, Level *level, uint32_t depth, uint32_t slot) {
    if (depth == 0)
        return slot;
    slot = drive_through(c, level->outer, depth - 1, slot);
    return drive(c, level, slot);
}

static bool place_occurrences(Compiler *c) {
    Value irritant;
    for (int full = 1; full >= 0; full--) {
        for (Occurrence *o = c->occurrences; o; o = o->next) {
            uint32_t depth = c->variable[o->variable].depth, levels = 0;
            for (Level *l = o->level; l; l = l->outer)
                levels++;
            irritant = c->variable[o->variable].name;
            if (depth > levels)
                return compile_error(c, o->pair, rt_list(c->x->vm, 1, irritant),
                                     "too few ellipses after the pattern variable") != NULL;
            if ((depth == levels) != full)
                continue;
            Level *level = o->level;
            if (!full && depth && level->count)
                for (uint32_t skip = levels - depth; skip; skip--)
                    level = level->outer;
            o->template->index = drive_through(c, level, depth, o->variable);
        }
    }
    for (Level *l = c->levels; l; l = l->next)
        if (l->count == 0)
            return compile_error(c, l->pair, VALUE_NULL,
                                 "an ellipsis follows a template without a variable to repeat") !=
                   NULL;
    return true;
}

static bool compile_rule(Compiler *c, Value pair, Rule *rule) {
    Value spec = value_car(pair);
    if (rt_list_length(spec) != 2 || !value_is_pair(value_car(spec))) {
        compile_error(c, pair, VALUE_NULL, "expected ((keyword pattern ...) template)");
        return false;
    }
    c->variable_count = 0;
    c->symbols = (IdentifierTable){0};
    c->levels = NULL;
    c->occurrences = NULL;
    Value pattern = value_car(spec);
    rule->pattern = compile_pattern(c, value_cdr(pattern), pattern, 0);
    if (!rule->pattern)
        return false;
    c->slots = c->variable_count;
    Value body = value_cdr(spec);
    rule->template = compile_template(c, value_car(body), body, NULL, false);
    if (!rule->template || !place_occurrences(c))
        return false;
    rule->slots = c->slots;
    rule->symbol_count = c->symbols.count;
    rule->symbols = NEW_ARRAY(c->x, Value, c->symbols.count);
    for (uint32_t i = 0; i < c->symbols.count; i++)
        rule->symbols[i] = c->symbols.entry[i].key;
    return true;
}

SyntaxRules *vm_syntax_rules_new(Expander *x, const Form *form, Scope *scope) {
    Compiler c = {.x = x, .form = form, .scope = scope, .ellipsis = VALUE_NONE};
    ptrdiff_t length = rt_list_length(form->datum);
    if (length < 2)
        return (void *)vm_bad_syntax(x, form);
    Value rest = value_cdr(form->datum);
    if (value_is_identifier(value_car(rest))) {
        c.ellipsis = value_car(rest);
        rest = value_cdr(rest);
        if (--length < 2)
            return (void *)vm_bad_syntax(x, form);
    }
    if (rt_list_length(value_car(rest)) < 0)
        return compile_error(&c, rest, VALUE_NULL, "expected a list of literals");
    for (Value list = value_car(rest); list != VALUE_NULL; list = value_cdr(list)) {
        if (!value_is_identifier(value_car(list)))
            return compile_error(&c, list, rt_list(x->vm, 1, value_car(list)),
                                 "not an identifier:");
        vm_table_add(x->vm, &c.literals, value_car(list));
    }
    uint32_t count = (uint32_t)length - 2;
    SyntaxRules *rules = rt_raw_new(x->vm, sizeof *rules + count * sizeof(Rule));
    rules->scope = scope;
    rules->count = count;
    rest = value_cdr(rest);
    for (uint32_t i = 0; i < count; i++, rest = value_cdr(rest))
        if (!compile_rule(&c, rest, &rules->rule[i]))
            return NULL;
    return rules;
}

// ---- matching

typedef struct Match {
    VM *vm;
    const SyntaxRules *rules;
    Scope *scope; // of the use
    Slot *slot;
    bool failed; // condition set
} Match;

static bool match(Match *m, const Pattern *p, Value datum);

// Number of pairs of a possibly dotted list; -1: circular.
static ptrdiff_t count_pairs(Value list) {
    ptrdiff_t length = rt_list_length(list), count = 0;
    if (length >= 0)
        return length;
    if (length == LIST_CIRCULAR)
        return -1;
    for (; value_is_pair(list); list = value_cdr(list))
        count++;
    return count;
}

static Sequence *sequence_new(VM *vm, size_t count) {
    Sequence *s = rt_raw_new(vm, sizeof *s + count * sizeof(Slot));
    s->count = count;
    return s;
}

// Match as many elements as the tail leaves; *datum becomes the rest.
static bool match_repeated(Match *m, const Pattern *p, Value *datum) {
    ptrdiff_t pairs = count_pairs(*datum);
    if (pairs < (ptrdiff_t)p->tail)
        return false;
    size_t count = (size_t)pairs - p->tail;
    Value list = *datum;
    if (p->first->kind == PATTERN_VARIABLE) {
        Sequence *s = sequence_new(m->vm, count);
        for (size_t i = 0; i < count; i++, list = value_cdr(list))
            s->item[i] = value_car(list);
        m->slot[p->slot] = (Slot)(uintptr_t)s;
        *datum = list;
        return true;
    }
    Sequence **sequences = rt_raw_new(m->vm, (p->slot_count + 1) * sizeof(Sequence *));
    for (uint32_t v = 0; v < p->slot_count; v++)
        sequences[v] = sequence_new(m->vm, count);
    for (size_t i = 0; i < count; i++, list = value_cdr(list)) {
        if (!match(m, p->first, value_car(list)))
            return false;
        for (uint32_t v = 0; v < p->slot_count; v++)
            sequences[v]->item[i] = m->slot[p->slot + v];
    }
    for (uint32_t v = 0; v < p->slot_count; v++)
        m->slot[p->slot + v] = (Slot)(uintptr_t)sequences[v];
    *datum = list;
    return true;
}

static bool match(Match *m, const Pattern *p, Value datum) {
    if (rt_stack_low(m->vm)) {
        rt_fail_depth(m->vm);
        m->failed = true;
        return false;
    }
    for (;; p = p->rest) {
        switch (p->kind) {
        case PATTERN_ANY:
            return true;
        case PATTERN_VARIABLE:
            m->slot[p->slot] = datum;
            return true;
        case PATTERN_LITERAL:
            return value_is_identifier(datum) &&
                   vm_same_meaning(m->scope, datum, m->rules->scope, p->value);
        case PATTERN_DATUM: {
            if (datum == p->value)
                return true;
            if (!equal_looks_inside(datum))
                return false;
            bool same;
            if (!rt_equal(m->vm, vm_strip(m->vm, datum), vm_strip(m->vm, p->value), &same))
                m->failed = true;
            else if (same)
                return true;
            return false;
        }
        case PATTERN_VECTOR:
            if (!value_is_vector(datum))
                return false;
            return match(m, p->first, rt_vector_to_list(m->vm, datum, 0, vector_length(datum)));
        case PATTERN_PAIR:
            if (!value_is_pair(datum) || !match(m, p->first, value_car(datum)))
                return false;
            datum = value_cdr(datum);
            break;
        case PATTERN_ELLIPSIS:
            if (!match_repeated(m, p, &datum))
                return false;
            break;
        }
    }
}

// ---- expanding

typedef struct Expansion {
    VM *vm;
    const Rule *rule;
    Scope *scope; // of the definition
    Slot *slot;
    Value *renamed; // alias of each symbol, made when first needed
    bool uneven;    // sequences of different lengths under one ellipsis
    bool failed;    // condition set
} Expansion;

static Value expand_template(Expansion *e, const Template *t);

static void repeat(Expansion *e, const Template *t, uint32_t at, ListBuilder *out) {
    if (at == t->level_count) {
        rt_list_builder_add(out, expand_template(e, t->first));
        return;
    }
    const Level *level = t->levels[at];
    const Sequence *first = (const Sequence *)(uintptr_t)e->slot[level->from[0]];
    size_t count = first->count;
    for (uint32_t i = 1; i < level->count; i++)
        if (((const Sequence *)(uintptr_t)e->slot[level->from[i]])->count != count) {
            e->uneven = true;
            return;
        }
    if (at + 1 == t->level_count && t->first->kind == TEMPLATE_VARIABLE && level->count == 1 &&
        t->first->index == level->to[0]) {
        for (size_t k = 0; k < count; k++)
            rt_list_builder_add(out, first->item[k]);
        return;
    }
    for (size_t k = 0; k < count && !e->failed && !e->uneven; k++) {
        for (uint32_t i = 0; i < level->count; i++)
            e->slot[level->to[i]] = ((const Sequence *)(uintptr_t)e->slot[level->from[i]])->item[k];
        repeat(e, t, at + 1, out);
    }
}

static Value list_to_dict(Expansion *e, Value list) {
    Value dict = rt_dict_new(e->vm);
    for (; value_is_pair(list) && value_is_pair(value_cdr(list)); list = value_cdr(value_cdr(list)))
        if (!rt_dict_put(e->vm, dict, value_car(list), value_car(value_cdr(list))))
            e->failed = true;
    return dict;
}

static Value expand_leaf(Expansion *e, const Template *t) {
    switch (t->kind) {
    case TEMPLATE_VARIABLE:
        return e->slot[t->index];
    case TEMPLATE_SYMBOL: {
        Value *alias = &e->renamed[t->index];
        if (*alias == VALUE_NONE)
            *alias = vm_alias_new(e->vm, e->rule->symbols[t->index], e->scope);
        return *alias;
    }
    case TEMPLATE_VECTOR: {
        Value list = expand_template(e, t->first);
        if (e->failed || e->uneven)
            return VALUE_NULL;
        Value vector = rt_vector_from_list(e->vm, list);
        if (vector == VALUE_FAILURE)
            e->failed = true;
        return vector;
    }
    case TEMPLATE_DICT:
        return list_to_dict(e, expand_template(e, t->first));
    default:
        return t->value;
    }
}

static Value expand_template(Expansion *e, const Template *t) {
    if (rt_stack_low(e->vm)) {
        rt_fail_depth(e->vm);
        e->failed = true;
        return VALUE_NULL;
    }
    ListBuilder out;
    rt_list_builder_init(&out, e->vm);
    for (; t->kind == TEMPLATE_PAIR || t->kind == TEMPLATE_ELLIPSIS; t = t->rest) {
        if (e->failed || e->uneven)
            return VALUE_NULL;
        if (t->kind == TEMPLATE_ELLIPSIS)
            repeat(e, t, 0, &out);
        else if (t->first->kind <= TEMPLATE_VARIABLE)
            rt_list_builder_add(&out, expand_leaf(e, t->first));
        else
            rt_list_builder_add(&out, expand_template(e, t->first));
    }
    Value tail = expand_leaf(e, t);
    if (out.first == VALUE_NULL)
        return tail;
    rt_heap_store(&value_pair(out.last)->cdr, tail);
    return out.first;
}

Value vm_syntax_rules_expand(Expander *x, const Macro *macro, Value datum, Scope *scope) {
    VM *vm = x->vm;
    const SyntaxRules *rules = macro->rules;
    Form form = {.datum = datum, .position = x->position};
    for (uint32_t i = 0; i < rules->count; i++) {
        const Rule *rule = &rules->rule[i];
        Match m = {.vm = vm, .rules = rules, .scope = scope};
        m.slot = NEW_ARRAY(x, Slot, rule->slots);
        if (!match(&m, rule->pattern, value_cdr(datum))) {
            if (m.failed)
                return VALUE_FAILURE;
            continue;
        }
        Expansion e = {.vm = vm, .rule = rule, .scope = rules->scope, .slot = m.slot};
        e.renamed = NEW_ARRAY(x, Value, rule->symbol_count);
        Value result = expand_template(&e, rule->template);
        if (e.failed)
            return VALUE_FAILURE;
        if (!e.uneven)
            return result;
        vm_form_error(x, &form, form.position, VALUE_NULL,
                      "bad syntax: parts that are repeated together have different lengths");
        return VALUE_FAILURE;
    }
    vm_form_error(x, &form, form.position, VALUE_NULL, "bad syntax: no matching clause");
    return VALUE_FAILURE;
}
