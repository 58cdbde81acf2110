// (kiln sqlite): databases of SQLite.
//
// A Database is a connection with its prepared statements, the most recently used first. A
// statement is idle, or running below one primitive, or held by a cursor. Closing the database
// takes the statements away from the cursors, so whatever the collector's order, nothing dangles:
// cursors that are used with their database (as %sqlite-next asks for) keep it alive.
//
// What computes or waits long (a query, a lock of another process) polls for interrupts: Ctrl-C and
// the program's limits end it, and SQLite undoes the statement.
#include "runtime/dict.h"
#include "runtime/fail.h"
#include "runtime/interrupt.h"
#include "runtime/list.h"
#include "runtime/module.h"
#include "runtime/numbers.h"
#include "runtime/string.h"
#include "runtime/symbol.h"
#include "runtime/system.h"
#include "runtime/vector.h"
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    PROGRESS_STEPS = 20000,    // instructions of SQLite between two polls, about 0.2 ms
    MOST_STATEMENTS = 10000,   // that a database may be asked to keep
    LONGEST_WAIT = 1000000000, // milliseconds
    LONGEST_SQL = 64 << 20,    // bytes
    LONGEST_NAP = 25,          // milliseconds between two attempts at a lock
};

typedef struct Cursor Cursor;
typedef struct Statement { // malloc'ed, in its database's list
    sqlite3_stmt *statement;
    char *sql; // as the program gave it
    size_t sql_length;
    bool busy;      // running
    Cursor *cursor; // that holds it, or NULL
    struct Statement *next;
} Statement;

typedef struct Database { // malloc'ed
    VM *vm;
    sqlite3 *db;
    Statement *statements; // most recently used first
    int statement_count, statement_limit;
    int64_t wait;     // milliseconds for a lock
    bool interrupted; // a poll ended what SQLite did
} Database;

struct Cursor { // malloc'ed
    Database *database;
    Statement *statement; // NULL: at the end or closed
    bool dictionaries;
};

// ---- failures

// SQLite's names of its result codes as symbols: constraint-unique of SQLITE_CONSTRAINT_UNIQUE.
static const char *code_name(int code) {
    static const struct {
        int code;
        const char *name;
    } names[] = {
        {SQLITE_ERROR, "error"},
        {SQLITE_PERM, "perm"},
        {SQLITE_ABORT, "abort"},
        {SQLITE_BUSY, "busy"},
        {SQLITE_LOCKED, "locked"},
        {SQLITE_NOMEM, "nomem"},
        {SQLITE_READONLY, "readonly"},
        {SQLITE_INTERRUPT, "interrupt"},
        {SQLITE_IOERR, "ioerr"},
        {SQLITE_CORRUPT, "corrupt"},
        {SQLITE_FULL, "full"},
        {SQLITE_CANTOPEN, "cantopen"},
        {SQLITE_SCHEMA, "schema"},
        {SQLITE_TOOBIG, "toobig"},
        {SQLITE_CONSTRAINT, "constraint"},
        {SQLITE_MISMATCH, "mismatch"},
        {SQLITE_MISUSE, "misuse"},
        {SQLITE_AUTH, "auth"},
        {SQLITE_RANGE, "range"},
        {SQLITE_NOTADB, "notadb"},
        {SQLITE_BUSY_SNAPSHOT, "busy-snapshot"},
        {SQLITE_CONSTRAINT_CHECK, "constraint-check"},
        {SQLITE_CONSTRAINT_FOREIGNKEY, "constraint-foreignkey"},
        {SQLITE_CONSTRAINT_NOTNULL, "constraint-notnull"},
        {SQLITE_CONSTRAINT_PRIMARYKEY, "constraint-primarykey"},
        {SQLITE_CONSTRAINT_TRIGGER, "constraint-trigger"},
        {SQLITE_CONSTRAINT_UNIQUE, "constraint-unique"},
        {SQLITE_CONSTRAINT_ROWID, "constraint-rowid"},
        {SQLITE_CONSTRAINT_DATATYPE, "constraint-datatype"},
    };
    for (int wanted = code;; wanted &= 0xFF) {
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (names[i].code == wanted)
                return names[i].name;
        if (wanted == (wanted & 0xFF))
            return "error";
    }
}

static Value fail_sql(VM *vm, const char *message, const char *sql, size_t length, int code) {
    Value text = rt_string_from_utf8(vm, sql, length);
    if (text == VALUE_FAILURE)
        return text;
    Value name = rt_intern(vm, code_name(code));
    return rt_fail(vm, CONDITION_SQLITE, rt_cons(vm, text, rt_cons(vm, name, VALUE_NULL)),
                   "%s:", message);
}

// What SQLite's last call on the database failed with; sql is what it was about.
static Value fail(VM *vm, Database *d, const char *sql, size_t length) {
    if (d->interrupted) {
        d->interrupted = false;
        return rt_interrupt_fail(vm);
    }
    return fail_sql(vm, sqlite3_errmsg(d->db), sql, length, sqlite3_extended_errcode(d->db));
}

// ---- polls

static int on_progress(void *context) {
    Database *d = context;
    if (rt_interrupt_waits(d->vm))
        d->interrupted = true;
    return d->interrupted;
}

static int on_busy(void *context, int attempts) {
    Database *d = context;
    static const uint64_t millisecond = 1000000;
    static _Thread_local uint64_t began;
    uint64_t now = rt_monotonic_ns();
    if (attempts == 0)
        began = now;
    int64_t waited = (int64_t)((now - began) / millisecond);
    if (waited >= d->wait)
        return 0;
    int64_t nap = attempts < LONGEST_NAP ? attempts + 1 : LONGEST_NAP;
    if (nap > d->wait - waited)
        nap = d->wait - waited;
    struct timespec pause = {.tv_nsec = (long)(nap * (int64_t)millisecond)};
    nanosleep(&pause, NULL); // a signal ends it early: then the poll below tells
    return !on_progress(d);
}

// ---- databases

static void statement_free(Statement *s) {
    if (s->cursor)
        s->cursor->statement = NULL;
    sqlite3_finalize(s->statement);
    free(s->sql);
    free(s);
}

static void database_release(void *pointer) {
    Database *d = pointer;
    while (d->statements) {
        Statement *next = d->statements->next;
        statement_free(d->statements);
        d->statements = next;
    }
    sqlite3_close_v2(d->db);
    free(d);
}

static Database *check_database(VM *vm, Value v) {
    return rt_foreign_check(vm, 1, "database", v, database_release);
}

static Value rt_sqlite_open(VM *vm, Value path, Value mode, Value wait, Value statements) {
    if (!value_is_string(path))
        return rt_fail_type(vm, 1, "string", path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (!value_is_symbol(mode))
        return rt_fail_type(vm, 2, "symbol", mode);
    if (mode == rt_intern(vm, "write"))
        flags = SQLITE_OPEN_READWRITE;
    else if (mode == rt_intern(vm, "read"))
        flags = SQLITE_OPEN_READONLY;
    else if (mode != rt_intern(vm, "create"))
        return rt_fail_range(vm, 2, "create, write or read", mode);
    if (!value_is_fixnum(wait) || value_fixnum(wait) < 0 || value_fixnum(wait) > LONGEST_WAIT)
        return rt_fail_range(vm, 3, "number of milliseconds from 0 to 10^9", wait);
    if (!value_is_fixnum(statements) || value_fixnum(statements) < 0 ||
        value_fixnum(statements) > MOST_STATEMENTS)
        return rt_fail_range(vm, 4, "number of statements from 0 to 10000", statements);
    size_t length;
    const char *name = rt_string_to_utf8(vm, path, &length);
    if (!name)
        return VALUE_FAILURE;
    if (memchr(name, 0, length) || length == 0)
        return rt_fail_range(vm, 1, "path", path);

    Database *d = calloc(1, sizeof *d);
    if (!d)
        return rt_fail_memory(vm, sizeof *d);
    d->vm = vm;
    d->wait = value_fixnum(wait);
    d->statement_limit = (int)value_fixnum(statements);
    // One thread uses it: no locks within SQLite.
    int code =
        sqlite3_open_v2(name, &d->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code != SQLITE_OK) {
        Value failure = d->db ? rt_fail(vm, CONDITION_SQLITE,
                                        rt_list(vm, 2, path, rt_intern(vm, code_name(code))),
                                        "cannot open database: %s:", sqlite3_errmsg(d->db))
                              : rt_fail_memory(vm, sizeof *d);
        sqlite3_close_v2(d->db);
        free(d);
        return failure;
    }
    sqlite3_busy_handler(d->db, on_busy, d);
    sqlite3_progress_handler(d->db, PROGRESS_STEPS, on_progress, d);
    // A database from elsewhere cannot call what is dangerous through its schema.
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    // A name in double quotes that is no column is a mistake, not a string.
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return rt_foreign_new(vm, "database", d, database_release);
}

static Value rt_sqlite_close(VM *vm, Value database) {
    if (rt_foreign_is(database, database_release) && !value_foreign(database)->pointer)
        return VALUE_UNSPECIFIED;
    Database *d = check_database(vm, database);
    if (!d)
        return VALUE_FAILURE;
    for (const Statement *s = d->statements; s; s = s->next)
        if (s->busy)
            return rt_fail(vm, CONDITION_SQLITE, VALUE_NULL, "a statement is running");
    rt_foreign_forget(database);
    database_release(d);
    return VALUE_UNSPECIFIED;
}

static Value rt_sqlite_is_database(VM *vm, Value v) {
    return value_from_bool(rt_foreign_is(v, database_release));
}

static Value rt_sqlite_figure(VM *vm, Value database, Value what) {
    if (!value_is_symbol(what))
        return rt_fail_type(vm, 2, "symbol", what);
    if (what == rt_intern(vm, "open")) {
        if (!rt_foreign_is(database, database_release))
            return rt_fail_type(vm, 1, "database", database);
        return value_from_bool(value_foreign(database)->pointer);
    }
    const Database *d = check_database(vm, database);
    if (!d)
        return VALUE_FAILURE;
    if (what == rt_intern(vm, "changes"))
        return rt_int(vm, sqlite3_changes64(d->db));
    if (what == rt_intern(vm, "all-changes"))
        return rt_int(vm, sqlite3_total_changes64(d->db));
    if (what == rt_intern(vm, "last-id"))
        return rt_int(vm, sqlite3_last_insert_rowid(d->db));
    if (what == rt_intern(vm, "transaction"))
        return value_from_bool(!sqlite3_get_autocommit(d->db));
    if (what == rt_intern(vm, "statements"))
        return value_from_fixnum(d->statement_count);
    return rt_fail_range(vm, 2, "open, changes, all-changes, last-id, transaction or statements",
                         what);
}

// ---- statements

// UTF-8 of a program's SQL, or NULL with the condition.
static const char *sql_text(VM *vm, Value sql, size_t *length) {
    if (!value_is_string(sql)) {
        rt_fail_type(vm, 2, "string", sql);
        return NULL;
    }
    const char *text = rt_string_to_utf8(vm, sql, length);
    if (text && *length > LONGEST_SQL) {
        rt_fail(vm, CONDITION_SQLITE, VALUE_NULL, "argument 2: the text has more than 64 MB");
        return NULL;
    }
    if (text && memchr(text, 0, *length)) {
        rt_fail(vm, CONDITION_SQLITE, rt_cons(vm, sql, VALUE_NULL), "a NUL character in:");
        return NULL;
    }
    return text;
}

// Is there nothing but white space and comments?
static bool is_blank(const char *sql) {
    for (;;) {
        sql += strspn(sql, " \t\r\n\f;");
        if (sql[0] == '-' && sql[1] == '-')
            sql += strcspn(sql, "\n");
        else if (sql[0] == '/' && sql[1] == '*') {
            const char *end = strstr(sql + 2, "*/");
            if (!end)
                return true;
            sql = end + 2;
        } else
            return *sql == 0;
    }
}

// Finalize what is idle beyond the limit, the oldest first.
static void trim(Database *d) {
    while (d->statement_count > d->statement_limit) {
        Statement **victim = NULL;
        for (Statement **s = &d->statements; *s; s = &(*s)->next)
            if (!(*s)->busy && !(*s)->cursor)
                victim = s;
        if (!victim)
            return;
        Statement *s = *victim;
        *victim = s->next;
        d->statement_count--;
        statement_free(s);
    }
}

// The statement becomes idle.
static void let_go(Database *d, Statement *s) {
    sqlite3_reset(s->statement);
    sqlite3_clear_bindings(s->statement);
    s->busy = false;
    if (s->cursor)
        s->cursor->statement = NULL;
    s->cursor = NULL;
    trim(d);
}

// An idle prepared statement of that text, now busy; NULL with the condition.
static Statement *prepare(VM *vm, Database *d, const char *sql, size_t length) {
    for (Statement **place = &d->statements; *place; place = &(*place)->next) {
        Statement *s = *place;
        if (s->busy || s->cursor || s->sql_length != length || memcmp(s->sql, sql, length) != 0)
            continue;
        *place = s->next;
        s->next = d->statements;
        d->statements = s;
        s->busy = true;
        return s;
    }
    sqlite3_stmt *statement;
    const char *rest;
    if (sqlite3_prepare_v3(d->db, sql, (int)length + 1,
                           d->statement_limit ? SQLITE_PREPARE_PERSISTENT : 0, &statement,
                           &rest) != SQLITE_OK) {
        fail(vm, d, sql, length);
        return NULL;
    }
    if (!statement || !is_blank(rest)) {
        sqlite3_finalize(statement);
        fail_sql(vm, statement ? "more than one statement (see sqlite-script!)" : "no statement",
                 sql, length, SQLITE_MISUSE);
        return NULL;
    }
    Statement *s = calloc(1, sizeof *s);
    if (s)
        s->sql = malloc(length + 1);
    if (!s || !s->sql) {
        free(s);
        sqlite3_finalize(statement);
        rt_fail_memory(vm, length);
        return NULL;
    }
    memcpy(s->sql, sql, length + 1);
    s->sql_length = length;
    s->statement = statement;
    s->busy = true;
    s->next = d->statements;
    d->statements = s;
    d->statement_count++;
    return s;
}

// ---- parameters

static Value fail_parameter(VM *vm, const Statement *s, int index, const char *problem, Value v) {
    const char *name = sqlite3_bind_parameter_name(s->statement, index);
    char which[64];
    if (name && name[0] != '?')
        snprintf(which, sizeof which, "%.60s", name);
    else
        snprintf(which, sizeof which, "%d", index);
    Value sql = rt_string_from_utf8(vm, s->sql, s->sql_length);
    if (sql == VALUE_FAILURE)
        return sql;
    return rt_fail(vm, CONDITION_TYPE, rt_list(vm, 2, v, sql), "parameter %s %s:", which, problem);
}

static bool bind_value(VM *vm, Database *d, Statement *s, int index, Value v) {
    int64_t integer;
    int code;
    sqlite3_stmt *statement = s->statement;
    if (value_is_string(v)) {
        size_t length;
        const char *text = rt_string_to_utf8(vm, v, &length);
        if (!text)
            return false;
        code = sqlite3_bind_text64(statement, index, text, length, SQLITE_TRANSIENT, SQLITE_UTF8);
    } else if (rt_int_value(v, &integer))
        code = sqlite3_bind_int64(statement, index, integer);
    else if (value_is_flonum(v)) {
        // SQLite would store NULL.
        if (__builtin_isnan(value_double(v))) {
            fail_parameter(vm, s, index, "is not a number", v);
            return false;
        }
        code = sqlite3_bind_double(statement, index, value_double(v));
    } else if (v == VALUE_NIL)
        code = sqlite3_bind_null(statement, index);
    else if (value_is_bytevector(v))
        code = sqlite3_bind_blob64(statement, index, value_bytevector(v)->byte,
                                   bytevector_length(v), SQLITE_TRANSIENT);
    else if (v == VALUE_TRUE || v == VALUE_FALSE)
        code = sqlite3_bind_int(statement, index, v == VALUE_TRUE);
    else {
        fail_parameter(vm, s, index,
                       value_is_bignum(v) ? "does not fit 64 bits"
                                          : "is no integer, flonum, string, bytevector, boolean "
                                            "or nil",
                       v);
        return false;
    }
    if (code != SQLITE_OK)
        fail(vm, d, s->sql, s->sql_length);
    return code == SQLITE_OK;
}

// Each named parameter from a dictionary: :name of :name, @name or $name.
static bool bind_dictionary(VM *vm, Database *d, Statement *s, Value dict) {
    int count = sqlite3_bind_parameter_count(s->statement);
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(s->statement, i);
        if (!name || name[0] == '?') {
            fail_sql(vm, "a parameter without a name, but a dictionary of values", s->sql,
                     s->sql_length, SQLITE_MISUSE);
            return false;
        }
        Value v = rt_dict_get(vm, dict, rt_keyword(vm, name + 1), VALUE_NONE);
        if (v == VALUE_FAILURE)
            return false;
        if (v == VALUE_NONE) {
            char message[128];
            snprintf(message, sizeof message, "no value for parameter %.60s", name);
            fail_sql(vm, message, s->sql, s->sql_length, SQLITE_MISUSE);
            return false;
        }
        if (!bind_value(vm, d, s, i, v))
            return false;
    }
    return true;
}

static bool bind(VM *vm, Database *d, Statement *s, Value parameters) {
    if (value_is_pair(parameters) && value_is_dict(value_car(parameters)) &&
        value_cdr(parameters) == VALUE_NULL)
        return bind_dictionary(vm, d, s, value_car(parameters));
    int count = sqlite3_bind_parameter_count(s->statement), i = 0;
    for (; value_is_pair(parameters); parameters = value_cdr(parameters)) {
        if (++i <= count && !bind_value(vm, d, s, i, value_car(parameters)))
            return false;
    }
    if (i == count)
        return true;
    char message[96];
    snprintf(message, sizeof message, "expected %d parameter%s, got %d", count,
             count == 1 ? "" : "s", i);
    fail_sql(vm, message, s->sql, s->sql_length, SQLITE_MISUSE);
    return false;
}

// ---- rows

static Value column(VM *vm, sqlite3_stmt *statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER:
        return rt_int(vm, sqlite3_column_int64(statement, i));
    case SQLITE_FLOAT:
        return value_from_double(sqlite3_column_double(statement, i));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_column_text(statement, i);
        if (!text)
            return rt_fail_memory(vm, (size_t)sqlite3_column_bytes(statement, i));
        return rt_string_from_utf8_checked(vm, text, (size_t)sqlite3_column_bytes(statement, i));
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(statement, i);
        return rt_bytevector_from_bytes(vm, bytes, (size_t)sqlite3_column_bytes(statement, i));
    }
    default:
        return VALUE_NIL;
    }
}

// Keywords of the columns' names, for dictionaries.
static Value column_keys(VM *vm, sqlite3_stmt *statement) {
    int count = sqlite3_column_count(statement);
    Value keys = rt_vector_new(vm, (size_t)count, VALUE_NIL);
    if (keys == VALUE_FAILURE)
        return keys;
    for (int i = 0; i < count; i++)
        rt_heap_store(&value_vector(keys)->item[i],
                      rt_keyword(vm, sqlite3_column_name(statement, i)));
    return keys;
}

// The current row: a vector, or with keys a dictionary.
static Value row(VM *vm, sqlite3_stmt *statement, Value keys) {
    int count = sqlite3_column_count(statement);
    Value result =
        keys == VALUE_NONE ? rt_vector_new(vm, (size_t)count, VALUE_NIL) : rt_dict_new(vm);
    if (result == VALUE_FAILURE)
        return result;
    for (int i = 0; i < count; i++) {
        Value v = column(vm, statement, i);
        if (v == VALUE_FAILURE)
            return v;
        if (keys == VALUE_NONE)
            rt_heap_store(&value_vector(result)->item[i], v);
        else if (!rt_dict_put(vm, result, value_vector(keys)->item[i], v))
            return VALUE_FAILURE;
    }
    return result;
}

// SQLITE_ROW, SQLITE_DONE, or anything else with the condition.
static int step(VM *vm, Database *d, Statement *s) {
    d->interrupted = false;
    int code = sqlite3_step(s->statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        fail(vm, d, s->sql, s->sql_length);
    return code;
}

// Check the arguments that all statements have; the statement with its parameters bound.
static Statement *begin(VM *vm, Database *d, Value sql, Value parameters) {
    size_t length;
    const char *text = sql_text(vm, sql, &length);
    if (!text)
        return NULL;
    if (rt_list_length(parameters) < 0) {
        rt_fail_type(vm, 3, "list", parameters);
        return NULL;
    }
    Statement *s = prepare(vm, d, text, length);
    if (s && !bind(vm, d, s, parameters)) {
        let_go(d, s);
        return NULL;
    }
    return s;
}

typedef enum Answer {
    ANSWER_CHANGES,
    ANSWER_ROWS,
    ANSWER_DICTIONARIES,
    ANSWER_ROW,
    ANSWER_DICTIONARY,
    ANSWER_VALUE,
    ANSWERS
} Answer;

static Value run(VM *vm, Database *d, Statement *s, Answer answer) {
    bool all = answer == ANSWER_ROWS || answer == ANSWER_DICTIONARIES, first = true;
    Value keys = VALUE_NONE, result = VALUE_NIL;
    ListBuilder rows;
    rt_list_builder_init(&rows, vm);
    int64_t before = sqlite3_total_changes64(d->db);
    int code;
    // A statement that changes something is run to its end even when one row is wanted.
    while ((code = step(vm, d, s)) == SQLITE_ROW) {
        if (answer == ANSWER_CHANGES || (!all && !first))
            continue;
        if (first && (answer == ANSWER_DICTIONARIES || answer == ANSWER_DICTIONARY)) {
            keys = column_keys(vm, s->statement);
            if (keys == VALUE_FAILURE)
                return keys;
        }
        Value v =
            answer == ANSWER_VALUE ? column(vm, s->statement, 0) : row(vm, s->statement, keys);
        if (v == VALUE_FAILURE)
            return v;
        first = false;
        if (all) {
            rt_list_builder_add(&rows, v);
            continue;
        }
        result = v;
        if (sqlite3_stmt_readonly(s->statement))
            return result;
    }
    if (code != SQLITE_DONE)
        return VALUE_FAILURE;
    if (answer == ANSWER_CHANGES)
        return rt_int(vm, sqlite3_total_changes64(d->db) == before ? 0 : sqlite3_changes64(d->db));
    return all ? rows.first : result;
}

static Value rt_sqlite_execute(VM *vm, Value database, Value sql, Value parameters, Value how) {
    static const char *const names[ANSWERS] = {"changes", "rows",       "dictionaries",
                                               "row",     "dictionary", "value"};
    Database *d = check_database(vm, database);
    if (!d)
        return VALUE_FAILURE;
    Answer answer = 0;
    while (answer < ANSWERS && how != rt_intern(vm, names[answer]))
        answer++;
    if (answer == ANSWERS)
        return rt_fail_range(vm, 4, "changes, rows, dictionaries, row, dictionary or value", how);
    Statement *s = begin(vm, d, sql, parameters);
    if (!s)
        return VALUE_FAILURE;
    Value result = run(vm, d, s, answer);
    let_go(d, s);
    return result;
}

static Value rt_sqlite_columns(VM *vm, Value database, Value sql) {
    Database *d = check_database(vm, database);
    size_t length;
    const char *text = d ? sql_text(vm, sql, &length) : NULL;
    Statement *s = text ? prepare(vm, d, text, length) : NULL;
    if (!s)
        return VALUE_FAILURE;
    int count = sqlite3_column_count(s->statement);
    Value names = rt_vector_new(vm, (size_t)count, VALUE_NIL);
    for (int i = 0; names != VALUE_FAILURE && i < count; i++)
        rt_heap_store(&value_vector(names)->item[i],
                      rt_string_from_c(vm, sqlite3_column_name(s->statement, i)));
    let_go(d, s);
    return names;
}

// All statements of a text, one after the other. Rows are passed over.
static Value rt_sqlite_script(VM *vm, Value database, Value sql) {
    Database *d = check_database(vm, database);
    size_t length;
    const char *text = d ? sql_text(vm, sql, &length) : NULL;
    if (!text)
        return VALUE_FAILURE;
    const char *end = text + length;
    while (!is_blank(text)) {
        sqlite3_stmt *statement;
        const char *rest;
        d->interrupted = false;
        if (sqlite3_prepare_v2(d->db, text, (int)(end - text) + 1, &statement, &rest) != SQLITE_OK)
            return fail(vm, d, text, (size_t)(end - text));
        if (!statement) // a comment that never ends, a lone semicolon
            break;
        int code;
        while ((code = sqlite3_step(statement)) == SQLITE_ROW)
            ;
        Value failed =
            code == SQLITE_DONE ? VALUE_UNSPECIFIED : fail(vm, d, text, (size_t)(rest - text));
        sqlite3_finalize(statement);
        if (failed == VALUE_FAILURE)
            return failed;
        text = rest;
    }
    return VALUE_UNSPECIFIED;
}

// ---- cursors

static void cursor_release(void *pointer) {
    Cursor *c = pointer;
    if (c->statement)
        let_go(c->database, c->statement);
    free(c);
}

static Value rt_sqlite_cursor(VM *vm, Value database, Value sql, Value parameters,
                              Value dictionaries) {
    Database *d = check_database(vm, database);
    Statement *s = d ? begin(vm, d, sql, parameters) : NULL;
    if (!s)
        return VALUE_FAILURE;
    Cursor *c = malloc(sizeof *c);
    if (!c) {
        let_go(d, s);
        return rt_fail_memory(vm, sizeof *c);
    }
    *c = (Cursor){.database = d, .statement = s, .dictionaries = dictionaries != VALUE_FALSE};
    s->cursor = c;
    s->busy = false;
    return rt_foreign_new(vm, "cursor", c, cursor_release);
}

static Value rt_sqlite_next(VM *vm, Value database, Value cursor) {
    Database *d = check_database(vm, database);
    Cursor *c = d ? rt_foreign_check(vm, 2, "cursor", cursor, cursor_release) : NULL;
    if (!c)
        return VALUE_FAILURE;
    Statement *s = c->statement;
    if (!s)
        return VALUE_EOF;
    if (c->database != d)
        return rt_fail(vm, CONDITION_SQLITE, VALUE_NULL,
                       "argument 2: the cursor belongs to another database");
    int code = step(vm, d, s);
    Value result = VALUE_EOF;
    if (code == SQLITE_ROW) {
        Value keys = c->dictionaries ? column_keys(vm, s->statement) : VALUE_NONE;
        result = keys == VALUE_FAILURE ? keys : row(vm, s->statement, keys);
        if (result != VALUE_FAILURE)
            return result;
    } else if (code != SQLITE_DONE)
        result = VALUE_FAILURE;
    let_go(d, s);
    return result;
}

static Value rt_sqlite_cursor_close(VM *vm, Value cursor) {
    if (!rt_foreign_is(cursor, cursor_release))
        return rt_fail_type(vm, 1, "cursor", cursor);
    Cursor *c = value_foreign(cursor)->pointer;
    if (c) {
        rt_foreign_forget(cursor);
        cursor_release(c);
    }
    return VALUE_UNSPECIFIED;
}

#define MODULE_ROWS "runtime/primitives/sqlite.def"
#include "runtime/modules/module_table.h"
