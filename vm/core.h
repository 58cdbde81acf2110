// Core IR: the one program representation that the CEK, tier 1 and the tools read.
//
// Duty: node and variable structures, constructors, walking. The expander (expand.h) makes core,
// the passes (passes.h) rewrite it, the tiers consume it. Nodes are plain scanned C memory
// (rt_raw_new), never Values.
//
//   expander ──> core (Fix binds anything, SetLocal) ──passes──> core (Fix binds lambdas alone,
//   assigned variables are boxes, calls of known primitives are Prim nodes, loops are contified)
//   ──> CEK, tier 1
//
// Order of evaluation, the same in every tier: arguments from left to right, then the operator.
#ifndef KILN_VM_CORE_H
#define KILN_VM_CORE_H

#include "runtime/primitive.h"
#include "runtime/source.h"
#include "runtime/state.h"

#define NODE_KINDS(X)                                                                              \
    X(CONST, "const")                                                                              \
    X(LOCAL, "local")                                                                              \
    X(SET_LOCAL, "set-local")                                                                      \
    X(GLOBAL, "global")                                                                            \
    X(SET_GLOBAL, "set-global")                                                                    \
    X(DEFINE, "define")                                                                            \
    X(IF, "if")                                                                                    \
    X(LAMBDA, "lambda")                                                                            \
    X(CALL, "call")                                                                                \
    X(SEQ, "seq")                                                                                  \
    X(LET, "let")                                                                                  \
    X(FIX, "fix")                                                                                  \
    X(PRIM, "prim")

typedef enum NodeKind {
#define X(id, name) NODE_##id,
    NODE_KINDS(X)
#undef X
        NODE_KIND_COUNT
} NodeKind;

// Most arguments that a call, and most parameters that a lambda expression can have as it is
// written: frames of the tiers hold so many and some more. apply takes any number.
enum { WRITTEN_ARGUMENTS_MAX = 32000 };

typedef struct Node Node;
typedef struct Lambda Lambda;

// A local variable: a parameter, or bound by Let or Fix.
typedef struct Var {
    Value name;     // symbol, for dumps and messages
    Lambda *owner;  // the clause whose activation holds it, of a contified one the one around
                    // (passes/analyse)
    Node *init;     // what Let or Fix binds it to, NULL for a parameter (set by vm_node_count)
    uint32_t id;    // number within the top-level form, for dumps
    uint32_t refs;  // Local nodes that read it   } counted by passes/count
    uint32_t sets;  // SetLocal nodes              }
    uint32_t calls; // of refs: in operator position
    bool boxed;     // holds a Box (passes/assign)
    bool checked;   // may be read before its initialisation: reads test for VALUE_UNBOUND
    bool counts;    // a parameter of a contified lambda: a number in each turn, which a jump passes
                    // on, changes by adding a constant, or replaces by a constant (passes/analyse)
    bool contified; // a Fix variable whose every call is a jump (passes/contify)
    uint32_t level; // ribs around its own         } CEK addressing (cek_address.c); the distance
    uint32_t slot;  // index in its rib            } between the ribs is in the Local node
    void *mark;     // scratch of one pass, NULL between passes
} Var;

struct Node {
    NodeKind kind;
    uint32_t flags; // NODE_*
    Position position;
    union {
        Value constant; // CONST
        struct {        // LOCAL, SET_LOCAL
            Var *var;
            Node *value;    // SET_LOCAL
            uint32_t depth; // ribs to climb (CEK)
        } local;
        struct {        // GLOBAL, SET_GLOBAL, DEFINE. DEFINE's value: VALUE_UNSPECIFIED
            Value cell; // Cell
            Node *value;
        } global;
        struct { // IF
            Node *test, *then, *otherwise;
        } branch;
        Lambda *lambda; // LAMBDA
        struct {        // CALL
            Node *fn;
            Node **args;
            uint32_t count;
        } call;
        struct { // SEQ: value of the last; count is at least 1
            Node **items;
            uint32_t count;
        } seq;
        struct { // LET: inits are evaluated in order outside of the vars' scope; FIX: inside
            Var **vars;
            Node **inits;
            uint32_t count;
            Node *body;
        } let;
        struct { // PRIM: a call of a primitive. cell NULL: it is certainly that primitive.
            const Primitive *prim;
            Node **args;
            uint32_t count;
            Value cell; // else: a Cell that held it at compile time. When it holds something else
                        // now, the node is an ordinary call of what it holds. VALUE_NONE: no such
                        // cell.
        } prim;
    };
};

enum {                     // Node.flags
    NODE_TAIL = 1,         // CALL in tail position, PRIM likewise (passes/analyse)
    NODE_JUMP = 2,         // CALL of a contified variable
    NODE_INIT = 4,         // SET_LOCAL that initialises its variable
    NODE_CAPTURE_FREE = 8, // evaluating it captures no continuation (passes/effects)
};

// One clause of a procedure. case-lambda: clauses are chained by `next` and tried in order by
// argument count.
struct Lambda {
    Value name; // symbol or #f: then messages show its position
    Position position;
    Var **params; // required, then optional, then keyword, then rest
    uint32_t required, optional, keyword;
    bool rest;
    bool other_keys;     // unknown keywords are allowed
    Value *keys;         // the keywords, parallel to the keyword parameters
    Node *body;          // missing optional and keyword parameters hold VALUE_DEFAULT on entry
    Value documentation; // string, or VALUE_NONE (expander)
    Lambda *next;        // next clause or NULL
    Lambda *first;       // first clause of the same procedure (passes/analyse)
    Lambda *outer;       // the clause around it whose activation is a frame; NULL at top level
                         // (passes/analyse)
    Var **free; // free variables in closure order (passes/analyse); all clauses of a procedure have
    uint32_t free_count; // the same list: what any of them needs
    bool contified;      // a loop of `outer`: no closure, no activation of its own (passes/contify)
    bool captures;       // may capture its continuation (passes/effects)
    void *code;          // what a tier compiled it to
    uint32_t cost;       // nodes in it
};
static inline uint32_t lambda_param_count(const Lambda *l) {
    return l->required + l->optional + l->keyword + (l->rest ? 1 : 0);
}
// -1: any number.
static inline int lambda_max_args(const Lambda *l) {
    return l->rest || l->keyword ? -1 : (int)(l->required + l->optional);
}

// A call with `given` arguments fits none of the clauses that begin with `first`: the arity-error
// of every tier, raised as the caller. VALUE_FAILURE.
Value vm_fail_arity(VM *vm, const Lambda *first, Value who, int given);

// ---- constructors. Arrays are copied, never kept. They do not fail.

Node *vm_node_new(VM *vm, NodeKind kind, Position position);
Node *vm_node_const(VM *vm, Value v, Position position);
Node *vm_node_local(VM *vm, Var *var, Position position);
// initialises: it gives the variable its first value (a definition), else it is a set!.
Node *vm_node_set_local(VM *vm, Var *var, Node *value, bool initialises, Position position);
Node *vm_node_global(VM *vm, Value cell, Position position);
Node *vm_node_set_global(VM *vm, Value cell, Node *value, Position position);
Node *vm_node_define(VM *vm, Value cell, Node *value, Position position);
Node *vm_node_if(VM *vm, Node *test, Node *then, Node *otherwise, Position position);
Node *vm_node_lambda(VM *vm, Lambda *lambda);
Node *vm_node_call(VM *vm, Node *fn, uint32_t count, Node **args, Position position);
// A call of the primitive of that name, which must exist; no guard.
Node *vm_node_prim(VM *vm, const char *name, uint32_t count, Node **args, Position position);
Node *vm_node_prim_row(VM *vm, const Primitive *prim, uint32_t count, Node **args,
                       Position position);
Node *vm_node_seq(VM *vm, uint32_t count, Node **items,
                  Position position); // one item: the item itself
// No bindings: the body itself. Sets each Var.init.
Node *vm_node_let(VM *vm, uint32_t count, Var **vars, Node **inits, Node *body, Position position);
Node *vm_node_fix(VM *vm, uint32_t count, Var **vars, Node **inits, Node *body, Position position);
Var *vm_var_new(VM *vm, Value name);
// A procedure of one clause with required parameters alone; the caller may then set the other
// fields.
Lambda *vm_lambda_new(VM *vm, Value name, Position position, uint32_t required, Var **params,
                      Node *body);

// ---- walking

// Call fn on each child slot of a node, in order of evaluation. A LAMBDA's children are the bodies
// of its clauses.
void vm_node_each_child(Node *node, void (*fn)(Node **child, void *context), void *context);
// Count Var.refs, sets and calls afresh, number the variables, set Var.init. False: nested too
// deeply, condition set.
bool vm_node_count(VM *vm, Node *node);
// Number of nodes but for SEQ, at most `limit`; looks at no more than that.
uint32_t vm_node_cost(VM *vm, Node *node, uint32_t limit);
// Can its evaluation be left out when nobody uses its value: it has no effect and cannot fail.
// Looks at a bounded number of nodes; false when in doubt.
bool vm_node_is_discardable(const Node *node);
// Has it the same value wherever and however often it is evaluated: a constant, a lambda (up to
// identity), a variable that is never assigned. Var.sets must have been counted.
bool vm_node_is_trivial(const Node *node);

// Readable dump of a node: an s-expression, one binding a line, variables as name.id. Written to a
// string Value. dump.c begins with its notation.
Value vm_node_dump(VM *vm, const Node *node);
enum {
    DUMP_POSITIONS = 1, // line and column of calls and lambdas
    DUMP_ANALYSIS = 2,  // free variables of lambdas, which of them may capture
};
Value vm_node_dump_with(VM *vm, const Node *node, unsigned flags);

// Debug builds: check every invariant of verify.c for the given stage; a message and abort on a
// violation. Other builds: nothing.
typedef enum CoreStage {
    CORE_EXPANDED, // what the expander made
    CORE_BOUND,    // after passes/letrec: Fix binds lambdas alone, to variables that are never
                   // assigned
    CORE_LOWERED,  // after all passes: no SetLocal, no unboxed assigned variable, analysis present
} CoreStage;
void vm_node_verify(VM *vm, Node *node, CoreStage stage);

#endif
