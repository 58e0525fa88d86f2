/* The seat's lists. SQLite finds the right index only for a condition that stands there literally:
 * each combination of state and department has its own statement, the rest are tested row by row.
 */
#include "store/like.h"
#include "store/receipt.h"
#include "store/work_order_int.h"

enum { MINE_MAX = 100, MERGED_MAX = 500 };

#define LISTED                                                                                     \
    "SELECT o.id, o.receipt, o.state, o.version, o.source, o.secret, o.title, o.happened, "        \
    "o.district, o.street, o.community, o.place, o.x, o.y, o.class1, o.class2, o.class3, o.kind, " \
    "o.urgency, o.department_id, o.due_at, o.accept_by, o.supervised, o.escalated, "               \
    "o.merged_into, o.votes, o.created_at, o.updated_at, o.answered_at, o.closed_at, d.name, "     \
    "m.receipt, o.satisfaction, o.reply, o.replied_by, o.query_code, o.text FROM work_order o "    \
    "LEFT JOIN department d ON d.id = o.department_id "                                            \
    "LEFT JOIN work_order m ON m.id = o.merged_into "

#define OPEN "o.is_open = 1 "
#define REST                                                                                       \
    "AND (:class1 = '' OR o.class1 = :class1) AND (:words = '' OR o.title LIKE :like ESCAPE "      \
    "'\\' OR o.receipt = :words) AND (:late = 0 OR (" OPEN                                         \
    "AND o.due_at > 0 AND o.due_at < :late)) "
#define HELPS "o.id IN (SELECT work_order_id FROM work_order_helper WHERE department_id = :helper) "
#define BY_LINE "AND (o.line, o.id) > (:line, :after) ORDER BY o.line, o.id LIMIT :size"
#define BY_DUE "AND (o.due_at, o.id) > (:line, :after) ORDER BY o.due_at, o.id LIMIT :size"
#define NEWEST "AND o.id < :after ORDER BY o.id DESC LIMIT :size"

/* What a filter asks for, in the order of the statements below. */
enum way {
    BY_STATE,
    BY_STATE_OF,
    BY_OPEN,
    BY_OPEN_OF,
    BY_ALL,
    BY_ALL_OF,
    BY_HELPER,
    BY_LATE,
    BY_CLASS,
    WAYS
};

static enum way way_of(const struct work_order_filter *f)
{
    bool of = f->department.n > 0;

    if (f->helper.n)
        return BY_HELPER;
    if (str_eqz(f->state, "all"))
        return of ? BY_ALL_OF : BY_ALL;
    if (f->state.n == 0 || str_eqz(f->state, "open"))
        return of ? BY_OPEN_OF : f->late_before ? BY_LATE : f->class1.n > 0 ? BY_CLASS : BY_OPEN;
    return of ? BY_STATE_OF : BY_STATE;
}

static const struct {
    struct sql list, count;
    struct sql all; /* the count where nothing else is asked for: read off an index alone */
} ways[WAYS] = {
#define STATEMENTS(where, order)                                                                   \
    {                                                                                              \
        { LISTED "WHERE " where REST order },                                                      \
            { "SELECT COUNT(*) FROM work_order o WHERE " where REST },                             \
        {                                                                                          \
            "SELECT COUNT(*) FROM work_order o WHERE " where                                       \
        }                                                                                          \
    }
    [BY_STATE] = STATEMENTS("o.state = :state ", BY_LINE),
    [BY_STATE_OF] = STATEMENTS("o.department_id = :department AND o.state = :state ", BY_LINE),
    [BY_OPEN] = STATEMENTS(OPEN, BY_LINE),
    [BY_OPEN_OF] = STATEMENTS("o.department_id = :department AND " OPEN, BY_LINE),
    [BY_ALL] = STATEMENTS("o.id > 0 ", NEWEST),
    [BY_ALL_OF] = STATEMENTS("o.department_id = :department ", NEWEST),
    [BY_HELPER] = STATEMENTS(HELPS "AND " OPEN, BY_LINE),
    [BY_LATE] = STATEMENTS(OPEN "AND o.due_at > 0 AND o.due_at < :late ", BY_DUE),
    [BY_CLASS] = STATEMENTS("o.class1 = :class1 AND " OPEN, BY_LINE),
};

static struct work_order from_row(struct rows *r)
{
    struct work_order o = {
        .id = rows_int(r, 0),
        .receipt = rows_str(r, 1),
        .version = rows_int(r, 3),
        .source = rows_str(r, 4),
        .secret = rows_int(r, 5) != 0,
        .title = rows_str(r, 6),
        .happened = rows_str(r, 7),
        .district = rows_str(r, 8),
        .street = rows_str(r, 9),
        .community = rows_str(r, 10),
        .place = rows_str(r, 11),
        .x = rows_null(r, 12) ? -1 : rows_int(r, 12),
        .y = rows_null(r, 13) ? -1 : rows_int(r, 13),
        .class1 = rows_str(r, 14),
        .class2 = rows_str(r, 15),
        .class3 = rows_str(r, 16),
        .urgency = rows_int(r, 18),
        .department = rows_str(r, 19),
        .due_at = rows_int(r, 20),
        .accept_by = rows_int(r, 21),
        .supervised = rows_int(r, 22) != 0,
        .escalated = rows_int(r, 23),
        .merged_into = rows_int(r, 24),
        .votes = rows_int(r, 25),
        .created_at = rows_int(r, 26),
        .updated_at = rows_int(r, 27),
        .answered_at = rows_int(r, 28),
        .closed_at = rows_int(r, 29),
        .department_name = rows_str(r, 30),
        .merged_into_receipt = rows_str(r, 31),
        .satisfaction = rows_int(r, 32),
        .reply = rows_str(r, 33),
        .replied_by = rows_str(r, 34),
        .query_code = rows_str(r, 35),
        .text = rows_str(r, 36),
    };

    (void)order_state_parse(rows_str(r, 2), &o.state);
    (void)order_kind_parse(rows_str(r, 17), &o.kind);
    return o;
}

static enum tb_code collect(struct talk *t, struct rows *r, struct work_order **out, size_t *n,
                            struct tb_err *e)
{
    size_t cap = 0;
    bool more = true;

    *out = NULL;
    *n = 0;
    for (;;) {
        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        *out = arena_grow(&t->mem, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = from_row(r);
    }
}

enum { ARGS_MAX = 12 };

/* Only what the statement names: another parameter is a mistake of the program. */
static size_t fill(struct arena *a, const struct work_order_filter *f, enum way w, bool rest,
                   bool page, struct db_arg v[ARGS_MAX])
{
    size_t n = 0;

    if (rest || w == BY_CLASS)
        v[n++] = db_text("class1", f->class1);
    if (rest || w == BY_LATE)
        v[n++] = db_int("late", f->late_before);
    if (rest) {
        v[n++] = db_text("words", f->words);
        v[n++] = db_text("like", like_of(a, f->words));
    }
    if (w == BY_STATE || w == BY_STATE_OF)
        v[n++] = db_text("state", f->state);
    if (w == BY_STATE_OF || w == BY_OPEN_OF || w == BY_ALL_OF)
        v[n++] = db_text("department", f->department);
    if (w == BY_HELPER)
        v[n++] = db_text("helper", f->helper);
    if (!page)
        return n;
    if (w == BY_ALL || w == BY_ALL_OF) {
        v[n++] = db_int("after", f->after_id ? f->after_id : INT64_MAX);
    } else {
        v[n++] = db_int("after", f->after_id);
        v[n++] = db_int("line", f->after_id ? f->after_line : -1);
    }
    v[n++] = db_int("size", f->size + 1);
    return n;
}

enum tb_code work_order_list(struct talk *t, const struct work_order_filter *f,
                             struct work_order **out, size_t *n, bool *more, struct tb_err *e)
{
    enum way w = way_of(f);
    struct db_arg v[ARGS_MAX];
    struct rows *r;

    if (db_ask(t->db, &t->mem, ways[w].list,
               (struct db_args){ v, fill(&t->mem, f, w, true, true, v) }, &r, e) ||
        collect(t, r, out, n, e))
        return e->code;
    *more = *n > (size_t)f->size;
    if (*more)
        (*n)--;
    return TB_OK;
}

enum tb_code work_order_count(struct talk *t, const struct work_order_filter *f, int64_t *out,
                              struct tb_err *e)
{
    enum way w = way_of(f);
    bool rest = f->words.n || (f->late_before && w != BY_LATE) || (f->class1.n && w != BY_CLASS);
    struct db_arg v[ARGS_MAX];
    struct db_args args = { v, fill(&t->mem, f, w, rest, false, v) };
    bool found;

    return db_ask_int(t->db, rest ? ways[w].count : ways[w].all, args, out, &found, e);
}

enum tb_code work_order_mine(struct talk *t, struct str asker_key, struct work_order **out,
                             size_t *n, struct tb_err *e)
{
    struct rows *r;

    if (asker_key.n
            ? db_ask(t->db, &t->mem,
                     SQL(LISTED "WHERE o.asker_key <> '' AND o.asker_key = :key "
                                "ORDER BY o.id DESC LIMIT :max"),
                     ARGS(db_text("key", asker_key), db_int("max", MINE_MAX)), &r, e)
            : db_ask(t->db, &t->mem,
                     SQL(LISTED "WHERE o.device <> '' AND o.device = :device "
                                "ORDER BY o.id DESC LIMIT :max"),
                     ARGS(db_text("device", t->actor.device), db_int("max", MINE_MAX)), &r, e))
        return e->code;
    return collect(t, r, out, n, e);
}

enum tb_code work_order_merged(struct talk *t, int64_t id, struct work_order **out, size_t *n,
                               struct tb_err *e)
{
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL(LISTED "WHERE o.merged_into IS NOT NULL AND o.merged_into = :id "
                          "ORDER BY o.id LIMIT :max"),
               ARGS(db_int("id", id), db_int("max", MERGED_MAX)), &r, e))
        return e->code;
    return collect(t, r, out, n, e);
}

int64_t work_order_after(const struct work_order_filter *f, const struct work_order *o)
{
    return way_of(f) == BY_LATE ? o->due_at : work_order_line(o->urgency, o->due_at, o->created_at);
}
