#include "store/audit_int.h"

#include "base/date.h"
#include "base/json.h"
#include "base/utf8.h"
#include "crypto/sm3.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT_MAX = 200, DETAIL_MAX = 2000, FORM_MAX = 64 * 1024 * 1024 };

const char audit_first_prev[] = "0000000000000000000000000000000000000000000000000000000000000000";

/* -- the row form -- */

static void add_field(struct buf *b, struct str s)
{
    buf_add_i64(b, (int64_t)s.n);
    buf_addc(b, ':');
    buf_add(b, s);
}

static void add_number(struct buf *b, int64_t v)
{
    char space[STR_I64];

    add_field(b, str_from_i64(space, v));
}

/* The row in its form, into b. */
static void row_form(const struct audit_row *r, struct buf *b)
{
    const struct audit_entry *x = &r->what;

    buf_addz(b, "tongban-audit-1\n");
    add_number(b, r->id);
    add_number(b, x->at);
    add_field(b, x->actor);
    add_field(b, x->role);
    add_field(b, x->address);
    add_field(b, x->verb);
    add_field(b, x->object);
    add_field(b, x->outcome);
    add_field(b, x->request_id);
    add_field(b, x->detail);
    add_field(b, r->prev);
}

void audit_hash(const struct audit_row *r, char out[65])
{
    struct buf b = BUF_INIT(FORM_MAX);

    row_form(r, &b);
    sm3_hex(buf_str(&b), out);
    buf_release(&b);
}

/* Lead bytes 0xc2 and 0xe2 begin what may have to go (C1, U+2028, bidi marks): those are looked at.
 */
static bool clean_already(struct str s)
{
    if (utf8_printable(s))
        return true;
    return !utf8_has_controls(s) && !memchr(s.p, 0xc2, s.n) && !memchr(s.p, 0xe2, s.n) &&
           utf8_valid(s);
}

/* At most max bytes, whole characters, nothing that ends a line or hides (C0, DEL, C1, U+2028/9,
 * bidi marks). What is clean already is lent as it is. */
static struct str clean(struct arena *a, struct str s, size_t max)
{
    struct buf b = BUF_INIT(max);
    size_t at = 0;

    if (s.n <= max && clean_already(s))
        return s;
    while (at < s.n) {
        uint32_t c = utf8_next(s, &at);
        bool bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
                   (c >= 0x2066 && c <= 0x2069);

        utf8_add(&b, bad ? 0xfffd : c);
        if (b.over)
            break;
    }
    return arena_buf(a, &b);
}

/* -- adding -- */

struct audit_entry audit_entry_of(struct talk *t, const char *verb, struct str object,
                                  enum tb_code outcome, struct str detail)
{
    struct str actor = t->actor.login;

    if (t->actor.role == ROLE_CITIZEN)
        actor = t->actor.device.n
                    ? arena_printf(&t->mem, "device:%.*s", STR_FMT(str_sub(t->actor.device, 0, 16)))
                    : STR("");
    else if (t->actor.role == ROLE_SYSTEM && !actor.n)
        actor = STR("system");
    return (struct audit_entry){
        .at = world_now_ms(t->world),
        .actor = actor,
        .role = str_z(role_name(t->actor.role)),
        .address = t->actor.address,
        .verb = str_z(verb),
        .object = object,
        .outcome = str_z(tb_code_name(outcome)),
        .request_id = str_z(t->request_id),
        .detail = detail,
    };
}

enum tb_code audit_head_read(struct db *d, struct arena *a, int64_t *last, struct str *hash,
                             struct tb_err *e)
{
    struct rows *r;
    bool more;

    *last = 0;
    *hash = str_z(audit_first_prev);
    if (db_ask(d, a, SQL("SELECT last, hash FROM audit_head WHERE id = 1"), NO_ARGS, &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more) {
        *last = rows_int(r, 0);
        *hash = rows_str(r, 1);
    }
    rows_close(r);
    return TB_OK;
}

static enum tb_code head_write(struct db *d, const struct audit_row *r, struct tb_err *e)
{
    return db_run(d,
                  SQL("INSERT INTO audit_head(id, last, hash) VALUES(1, :last, :hash) "
                      "ON CONFLICT(id) DO UPDATE SET last = excluded.last, hash = excluded.hash"),
                  ARGS(db_int("last", r->id), db_text("hash", r->hash)), e);
}

static void row_fill(struct arena *a, const struct audit_entry *x, struct audit_row *r)
{
    r->what = (struct audit_entry){ .at = x->at,
                                    .actor = clean(a, x->actor, SHORT_MAX),
                                    .role = clean(a, x->role, SHORT_MAX),
                                    .address = clean(a, x->address, SHORT_MAX),
                                    .verb = clean(a, x->verb, SHORT_MAX),
                                    .object = clean(a, x->object, SHORT_MAX),
                                    .outcome = clean(a, x->outcome, SHORT_MAX),
                                    .request_id = clean(a, x->request_id, SHORT_MAX),
                                    .detail = clean(a, x->detail, DETAIL_MAX) };
}

/* Rows on their way in: each is made when the database asks for it. */
struct appending {
    const struct audit_entry *x;
    struct arena *a;
    struct audit_row row;
    struct buf form;
    char hash[2][SM3_HEX]; /* of this row and of the one before */
};

static void row_give(void *self, size_t i, struct db_arg *v)
{
    struct appending *p = self;
    struct audit_row *r = &p->row;

    row_fill(p->a, &p->x[i], r);
    if (i)
        r->prev = r->hash;
    r->id++;
    buf_reset(&p->form);
    row_form(r, &p->form);
    sm3_hex(buf_str(&p->form), p->hash[i & 1]);
    r->hash = str_of(p->hash[i & 1], SM3_HEX - 1);
    v[0] = db_int(NULL, r->id);
    v[1] = db_int(NULL, r->what.at);
    v[2] = db_known(NULL, r->what.actor);
    v[3] = db_known(NULL, r->what.role);
    v[4] = db_known(NULL, r->what.address);
    v[5] = db_known(NULL, r->what.verb);
    v[6] = db_known(NULL, r->what.object);
    v[7] = db_known(NULL, r->what.outcome);
    v[8] = db_known(NULL, r->what.request_id);
    v[9] = db_known(NULL, r->what.detail);
    v[10] = db_known(NULL, r->prev);
    v[11] = db_known(NULL, r->hash);
}

static enum tb_code append(struct db *d, struct arena *a, const struct audit_entry *x, size_t n,
                           struct tb_err *e)
{
    struct appending p = { .x = x, .a = a, .form = BUF_INIT(FORM_MAX) };
    struct db_source rows = { n, 12, row_give, &p };
    enum tb_code c;

    if (n == 0)
        return TB_OK;
    if (audit_head_read(d, a, &p.row.id, &p.row.prev, e))
        return e->code;
    c = db_run_rows(d, SQL("INSERT INTO audit(" AUDIT_COLUMNS ")"), &rows, e);
    buf_release(&p.form);
    return c ? c : head_write(d, &p.row, e);
}

enum tb_code audit_add_all(struct db *d, const struct audit_entry *x, size_t n, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c = db_begin(d, e);

    if (c)
        return c;
    c = append(d, &a, x, n, e);
    arena_release(&a);
    return db_end(d, c, e);
}

enum tb_code audit_add(struct db *d, const struct audit_entry *x, struct tb_err *e)
{
    return audit_add_all(d, x, 1, e);
}

enum tb_code audit_witness(struct talk *t, const char *verb, struct str object, struct str detail,
                           struct tb_err *e)
{
    struct audit_entry x = audit_entry_of(t, verb, object, TB_OK, detail);

    if (audit_add(t->db, &x, e))
        return e->code;
    t->witnessed = true;
    return TB_OK;
}

/* -- reading -- */

#define FILTER                                                                                     \
    " WHERE at >= :from AND at < :to AND (:actor = '' OR actor = :actor) "                         \
    "AND (:upto = 0 OR id <= :upto) "                                                              \
    "AND (:object = '' OR object = :object) AND (:verb = '' OR verb = :verb "                      \
    "OR substr(verb, 1, length(:verb) + 1) = :verb || '.')"
#define FILTER_ARGS(f)                                                                             \
    db_int("from", (f)->from), db_int("to", (f)->to ? (f)->to : INT64_MAX),                        \
        db_text("actor", (f)->actor), db_text("object", (f)->object), db_text("verb", (f)->verb),  \
        db_int("upto", (f)->upto)
void audit_row_take(struct rows *r, struct str (*text)(struct rows *, int), struct audit_row *out)
{
    *out = (struct audit_row){ .id = rows_int(r, 0),
                               .what = { .at = rows_int(r, 1),
                                         .actor = text(r, 2),
                                         .role = text(r, 3),
                                         .address = text(r, 4),
                                         .verb = text(r, 5),
                                         .object = text(r, 6),
                                         .outcome = text(r, 7),
                                         .request_id = text(r, 8),
                                         .detail = text(r, 9) },
                               .prev = text(r, 10),
                               .hash = text(r, 11) };
}

enum tb_code audit_list(struct db *d, struct arena *a, const struct audit_filter *f,
                        struct audit_row **out, size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;
    enum tb_code c;

    *out = NULL;
    *n = 0;
    if (f->after < 0)
        c = db_ask(d, a,
                   SQL("SELECT " AUDIT_COLUMNS " FROM audit" FILTER
                       " ORDER BY id DESC LIMIT :max OFFSET :skip"),
                   ARGS(FILTER_ARGS(f), db_int("max", f->max), db_int("skip", f->skip)), &r, e);
    else
        c = db_ask(d, a,
                   SQL("SELECT " AUDIT_COLUMNS " FROM audit" FILTER
                       " AND id > :after ORDER BY id LIMIT :max OFFSET :skip"),
                   ARGS(FILTER_ARGS(f), db_int("after", f->after), db_int("max", f->max),
                        db_int("skip", f->skip)),
                   &r, e);
    if (c)
        return c;
    for (;;) {
        c = rows_next(r, &more, e);
        if (c || !more)
            return c;
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        audit_row_take(r, rows_str, &(*out)[(*n)++]);
    }
}

enum tb_code audit_count(struct db *d, const struct audit_filter *f, int64_t *out, struct tb_err *e)
{
    return db_ask_int(d, SQL("SELECT count(*) FROM audit" FILTER), ARGS(FILTER_ARGS(f)), out, NULL,
                      e);
}

void audit_json(struct json *j, const struct audit_row *r)
{
    const struct audit_entry *x = &r->what;
    bool application = str_eqz(x->role, "application"); /* a key's holder: store/books.h */
    enum role role = ROLE_CITIZEN;
    char at[32];

    if (str_eqz(x->role, role_name(ROLE_SYSTEM)))
        role = ROLE_SYSTEM;
    else
        role_parse(x->role, &role);
    json_obj(j);
    json_kint(j, "id", r->id);
    json_kstr(j, "at", time_text(x->at, at));
    json_kint(j, "at_ms", x->at);
    json_kstr(j, "actor", x->actor);
    json_kstr(j, "role", x->role);
    json_kstr(j, "role_title", application ? STR("应用") : str_z(role_title(role)));
    json_kstr(j, "address", x->address);
    json_kstr(j, "verb", x->verb);
    json_kstr(j, "object", x->object);
    json_kstr(j, "outcome", x->outcome);
    json_kstr(j, "request_id", x->request_id);
    json_kstr(j, "detail", x->detail);
    json_kstr(j, "prev", r->prev);
    json_kstr(j, "hash", r->hash);
    json_end(j);
}

/* -- checkpoints -- */

static struct str signed_text(struct arena *a, const struct audit_checkpoint *c)
{
    return arena_printf(a, "tongban-checkpoint-1\n%lld\n%.*s\n%lld\n", (long long)c->last,
                        STR_FMT(c->hash), (long long)c->at);
}

bool audit_checkpoint_holds(const struct sm2_keys *keys, const struct audit_checkpoint *c)
{
    struct arena a = ARENA_INIT;
    bool ok = sm2_verify_any(keys, signed_text(&a, c), c->signature);

    arena_release(&a);
    return ok;
}

enum tb_code audit_signed(struct db *d, struct arena *a, struct audit_checkpoint *out,
                          struct tb_err *e)
{
    struct rows *r;
    bool more;

    *out = (struct audit_checkpoint){ 0 };
    if (db_ask(d, a,
               SQL("SELECT last, at, hash, signature FROM audit_checkpoint "
                   "ORDER BY id DESC LIMIT 1"),
               NO_ARGS, &r, e) ||
        rows_next(r, &more, e))
        return e->code;
    if (more) {
        *out = (struct audit_checkpoint){ rows_int(r, 0), rows_int(r, 1), rows_str(r, 2),
                                          rows_str(r, 3) };
        rows_close(r);
    }
    return TB_OK;
}

static enum tb_code sign_head(struct db *d, struct arena *a, const struct keyring *k,
                              const struct world *w, bool *made, struct tb_err *e)
{
    struct audit_checkpoint was, now = { .at = world_now_ms(w) };

    if (audit_head_read(d, a, &now.last, &now.hash, e) || audit_signed(d, a, &was, e))
        return e->code;
    if (now.last == 0 || now.last == was.last)
        return TB_OK;
    now.signature = sm2_sign(keyring_trail(k), a, signed_text(a, &now));
    *made = true;
    return db_run(d,
                  SQL("INSERT INTO audit_checkpoint(id, last, hash, signature, at) SELECT "
                      "coalesce(max(id), 0) + 1, :last, :hash, :signature, :at "
                      "FROM audit_checkpoint"),
                  ARGS(db_int("last", now.last), db_text("hash", now.hash),
                       db_text("signature", now.signature), db_int("at", now.at)),
                  e);
}

enum tb_code audit_sign(struct db *d, const struct keyring *k, const struct world *w, bool *made,
                        struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    enum tb_code c;

    *made = false;
    c = db_begin(d, e);
    if (c)
        return c;
    c = sign_head(d, &a, k, w, made, e);
    arena_release(&a);
    return db_end(d, c, e);
}
