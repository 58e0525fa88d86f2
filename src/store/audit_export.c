#include "store/audit_export.h"

#include "base/json.h"
#include "store/audit_export_int.h"
#include "store/audit_file.h"

enum { PAGE = 2000, LINE_MAX_BYTES = 64 * 1024 };

struct exporting {
    struct db *d;
    const struct audit_export_options *o;
    struct audit_exported *out;
    struct sm3 digest;
};

static enum tb_code put(struct exporting *x, struct buf *b, struct tb_err *e)
{
    sm3_add(&x->digest, buf_str(b));
    return x->o->put(x->o->self, buf_str(b), e);
}

static void note_row(struct audit_exported *x, int64_t id)
{
    if (x->rows == 0)
        x->first = id;
    else if (id != x->last + 1)
        x->whole = false;
    x->last = id;
    x->rows++;
}

static enum tb_code put_rows(struct exporting *x, const struct audit_row *rows, size_t n,
                             struct tb_err *e)
{
    struct buf b = BUF_INIT(64 << 20);
    enum tb_code c;

    for (size_t i = 0; i < n; i++) {
        struct json j = JSON_INIT(&b);

        audit_json(&j, &rows[i]);
        buf_addc(&b, '\n');
        note_row(x->out, rows[i].id);
    }
    c = put(x, &b, e);
    buf_release(&b);
    return c;
}

static enum tb_code all_rows(struct exporting *x, struct tb_err *e)
{
    struct audit_filter f = *x->o->filter;
    enum tb_code c = TB_OK;
    size_t n = PAGE;

    f.after = 0;
    f.skip = 0;
    f.max = PAGE;
    while (n == PAGE && !c) {
        struct arena a = ARENA_INIT;
        struct audit_row *rows;

        c = audit_list(x->d, &a, &f, &rows, &n, e);
        if (!c && x->o->most && x->out->rows + (int64_t)n > x->o->most)
            c = tb_fail(e, TB_TOO_LARGE,
                        "一次导出的行数太多，请缩小范围，或在服务器上用 tongban audit export",
                        "rows>%lld", (long long)x->o->most);
        if (!c && n) {
            c = put_rows(x, rows, n, e);
            f.after = rows[n - 1].id;
        }
        arena_release(&a);
    }
    return c;
}

static enum tb_code put_checkpoint(struct exporting *x, const struct audit_checkpoint *p,
                                   struct tb_err *e)
{
    struct buf b = BUF_INIT(LINE_MAX_BYTES);
    struct json j = JSON_INIT(&b);
    enum tb_code c;

    json_obj(&j);
    json_key(&j, "checkpoint");
    audit_file_json(&j, p);
    json_end(&j);
    buf_addc(&b, '\n');
    c = put(x, &b, e);
    buf_release(&b);
    return c;
}

/* Those of the rows, and the newest of all. */
static enum tb_code all_points(struct exporting *x, struct arena *a, struct tb_err *e)
{
    struct rows *r;
    bool more = true;

    if (db_ask(x->d, a,
               SQL("SELECT last, at, hash, signature FROM audit_checkpoint WHERE "
                   "(last >= :first AND last <= :last AND :whole = 1) OR "
                   "id = (SELECT max(id) FROM audit_checkpoint) ORDER BY id"),
               ARGS(db_int("first", x->out->rows ? x->out->first : 1), db_int("last", x->out->last),
                    db_int("whole", x->out->whole)),
               &r, e))
        return e->code;
    for (;;) {
        struct audit_checkpoint p;

        if (rows_next(r, &more, e))
            return e->code;
        if (!more)
            return TB_OK;
        p = (struct audit_checkpoint){ rows_int(r, 0), rows_int(r, 1), rows_str(r, 2),
                                       rows_str(r, 3) };
        if (put_checkpoint(x, &p, e))
            return e->code; /* the arena closes the query */
    }
}

struct str audit_proof_text(struct arena *a, const struct audit_proof *p)
{
    char keys[SM3_HEX];
    struct sm3 s;

    sm3_begin(&s);
    for (size_t i = 0; i < p->key_n; i++)
        sm3_add(&s, p->keys[i]);
    sm3_end_hex(&s, keys);
    return arena_printf(a, "tongban-export-1\n%lld\n%lld\n%lld\n%d\n%lld\n%s\n%s\n",
                        (long long)p->what.first, (long long)p->what.last, (long long)p->what.rows,
                        p->what.whole, (long long)p->at, p->what.digest, keys);
}

void audit_proof_json(struct buf *b, const struct audit_proof *p)
{
    struct json j = JSON_INIT(b);

    json_obj(&j);
    json_kobj(&j, "proof");
    json_kint(&j, "format", 1);
    json_kint(&j, "first", p->what.first);
    json_kint(&j, "last", p->what.last);
    json_kint(&j, "rows", p->what.rows);
    json_kbool(&j, "whole", p->what.whole);
    json_kint(&j, "at", p->at);
    json_kstr(&j, "digest", str_z(p->what.digest));
    json_karr(&j, "keys");
    for (size_t i = 0; i < p->key_n; i++)
        json_str(&j, p->keys[i]);
    json_end(&j);
    json_kstr(&j, "signature", p->signature);
    json_end(&j);
    json_end(&j);
    buf_addc(b, '\n');
}

static enum tb_code put_proof(struct exporting *x, struct arena *a, struct tb_err *e)
{
    struct sm2_keys keys = keyring_trail_keys(x->o->keys);
    struct audit_proof p = { .what = *x->out, .at = world_now_ms(x->o->world), .key_n = keys.n };
    struct buf b = BUF_INIT(LINE_MAX_BYTES);
    enum tb_code c;

    for (size_t i = 0; i < keys.n; i++)
        p.keys[i] = sm2_public_pem(keys.v[i], a);
    p.signature = sm2_sign(keys.v[0], a, audit_proof_text(a, &p));
    audit_proof_json(&b, &p);
    c = x->o->put(x->o->self, buf_str(&b), e);
    buf_release(&b);
    return c;
}

enum tb_code audit_export(struct db *d, const struct audit_export_options *o,
                          struct audit_exported *out, struct tb_err *e)
{
    struct exporting x = { .d = d, .o = o, .out = out };
    struct arena a = ARENA_INIT;
    enum tb_code c;

    *out = (struct audit_exported){ .whole = true };
    sm3_begin(&x.digest);
    c = all_rows(&x, e);
    if (!c)
        c = all_points(&x, &a, e);
    sm3_end_hex(&x.digest, out->digest);
    if (!c)
        c = put_proof(&x, &a, e);
    arena_release(&a);
    return c;
}

void audit_key_mark(const struct sm2 *key, char out[SM3_HEX])
{
    struct arena a = ARENA_INIT;

    sm3_hex(sm2_public_pem(key, &a), out);
    arena_release(&a);
}
