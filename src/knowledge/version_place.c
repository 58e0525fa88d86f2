#include "base/utf8.h"
#include "knowledge/version_int.h"
#include "store/db.h"
#include "store/like.h"

enum { SIMILAR_PERCENT = 50 };

/* The same office, as far as names tell: equal, one unknown, or of the same place (first two
 * characters), for offices are renamed and merged. */
static bool same_maker(struct str a, struct str b)
{
    return !a.n || !b.n || str_eq(utf8_head(a, 2), utf8_head(b, 2));
}

/* How much of the shorter title's pairs of characters stand in the other, in percent. */
static int alike(struct str a, struct str b)
{
    size_t at = 0, pairs = 0, found = 0;

    while (at < a.n) {
        size_t from = at, next;

        utf8_next(a, &at);
        next = at;
        if (next >= a.n)
            break;
        utf8_next(a, &next);
        pairs++;
        found += str_has(b, str_sub(a, from, next - from));
    }
    return pairs ? (int)(found * 100 / pairs) : 0;
}

static enum tb_code by_title(struct talk *t, struct str key, struct str body, int64_t self,
                             int64_t *document, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT document_id, issuing_body FROM version WHERE title_key = :key AND "
                   "id <> :self AND state <> 'withdrawn' ORDER BY id DESC"),
               ARGS(db_text("key", key), db_int("self", self)), &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more && !*document)
        if (same_maker(rows_str(r, 1), body))
            *document = rows_int(r, 0);
    rows_close(r);
    return e->code;
}

/* A version that this clause names, by number or else by title. */
static enum tb_code one_named(struct talk *t, const struct repeal *x, int64_t self,
                              int64_t *document, struct str *key, struct tb_err *e)
{
    struct rows *r;
    bool more;

    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT document_id, title_key FROM version WHERE id <> :self AND state <> "
                "'withdrawn' AND ((:number <> '' AND document_number = :number) OR (:number = '' "
                "AND title_key = :key)) ORDER BY id DESC"),
            ARGS(db_int("self", self), db_text("number", x->document_number),
                 db_text("key", label_title_key(&t->mem, x->title))),
            &r, e))
        return e->code;
    *document = 0;
    if (!rows_next(r, &more, e) && more) {
        *document = rows_int(r, 0);
        *key = rows_str(r, 1);
    }
    rows_close(r);
    return e->code;
}

/* The policy it goes on from: the only one it repeals, or one with a title like its own. */
static enum tb_code by_own_repeals(struct talk *t, const struct label *l, int64_t self,
                                   int64_t *document, struct tb_err *e)
{
    struct str own = label_title_key(&t->mem, l->title);

    for (size_t i = 0; i < l->repeal_n && !*document; i++) {
        struct str key = STR("");
        int64_t found = 0;

        if (one_named(t, &l->repeals[i], self, &found, &key, e))
            return e->code;
        if (found && (l->repeal_n == 1 || alike(key, own) >= SIMILAR_PERCENT))
            *document = found;
    }
    return TB_OK;
}

/* It came late: a version that is here already repeals it. */
static enum tb_code by_others_repeals(struct talk *t, const struct label *l, int64_t self,
                                      int64_t *document, struct tb_err *e)
{
    struct str key = label_title_key(&t->mem, l->title);
    struct rows *r;
    bool more;

    if (!l->document_number.n)
        return TB_OK;
    if (db_ask(
            t->db, &t->mem,
            SQL("SELECT document_id, title_key, repeals FROM version WHERE id <> :self AND state "
                "<> 'withdrawn' AND repeals LIKE :number ESCAPE '\\' ORDER BY id"),
            ARGS(db_int("self", self), db_text("number", like_of(&t->mem, l->document_number))), &r,
            e))
        return e->code;
    while (!rows_next(r, &more, e) && more && !*document) {
        struct repeal *list;
        size_t n;

        if (version_repeals_read(&t->mem, rows_str(r, 2), &list, &n, e))
            break;
        for (size_t i = 0; i < n; i++)
            if (version_named(&t->mem, &list[i], l->document_number, key) &&
                (n == 1 || alike(rows_str(r, 1), key) >= SIMILAR_PERCENT))
                *document = rows_int(r, 0);
    }
    rows_close(r);
    return e->code;
}

enum tb_code version_place(struct talk *t, const struct label *l, int64_t self, int64_t *document,
                           struct tb_err *e)
{
    struct str key = label_title_key(&t->mem, l->title);

    *document = 0;
    if (by_title(t, key, l->issuing_body, self, document, e))
        return e->code;
    if (!*document && by_own_repeals(t, l, self, document, e))
        return e->code;
    if (!*document && by_others_repeals(t, l, self, document, e))
        return e->code;
    return TB_OK;
}

enum tb_code version_next_number(struct talk *t, int64_t document, int *number, struct tb_err *e)
{
    int64_t last = 0;
    bool found;

    if (db_ask_int(t->db, SQL("SELECT max(number) FROM version WHERE document_id = :id"),
                   ARGS(db_int("id", document)), &last, &found, e))
        return e->code;
    *number = (int)last + 1;
    return TB_OK;
}
