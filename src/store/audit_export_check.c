/* Checks an export from its own bytes alone. */
#include "base/alloc.h"
#include "base/json.h"
#include "store/audit_chain.h"
#include "store/audit_export_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 1024 * 1024 };

struct checking {
    FILE *f;
    struct arena mem; /* checkpoints and the proof */
    struct audit_checkpoint *points;
    size_t n, cap;
    struct audit_proof proof;
    struct sm2_keys given, own; /* own: of the file, to be freed */
    struct audit_export_verdict *out;
    struct str last; /* the line that should be the proof */
};

static void fault(struct checking *x, const char *why)
{
    struct audit_verdict *v = &x->out->chain;

    if (!v->ok)
        return;
    v->ok = false;
    snprintf(v->why, sizeof(v->why), "%s", why);
}

/* One line with its end; "" at the end of the file. A line too long is no line of ours: it comes
 * in parts, which are none either. */
static struct str line(struct checking *x, char *room)
{
    size_t n = 0;
    int c = 0;

    while (n < LINE_MOST && (c = getc_unlocked(x->f)) != EOF) {
        room[n++] = (char)c;
        if (c == '\n')
            break;
    }
    return str_of(room, n);
}

static void take_point(struct checking *x, struct str text)
{
    const struct json_value *v, *c;
    struct tb_err why = TB_ERR_INIT;

    if (json_read(&x->mem, text, &v, &why) || !(c = json_get(v, "checkpoint")))
        return;
    x->points = arena_grow(&x->mem, x->points, x->n, &x->cap, sizeof(*x->points));
    x->points[x->n++] =
        (struct audit_checkpoint){ json_get_int(c, "last", 0), json_get_int(c, "at", 0),
                                   json_get_str(c, "hash"), json_get_str(c, "signature") };
}

/* All bytes but the last line's into the digest; that line into x->last. */
static void first_pass(struct checking *x, char digest[SM3_HEX])
{
    char *room[2] = { tb_alloc(LINE_MOST), tb_alloc(LINE_MOST) };
    struct str held = STR(""), now;
    struct sm3 s;

    sm3_begin(&s);
    for (int i = 0; (now = line(x, room[i & 1])).n; i++) {
        sm3_add(&s, held);
        if (str_starts(held, STR("{\"checkpoint\"")))
            take_point(x, held);
        held = now;
    }
    sm3_end_hex(&s, digest);
    x->last = arena_str(&x->mem, held);
    tb_free(room[0]);
    tb_free(room[1]);
}

static bool proof_read(struct checking *x)
{
    struct audit_proof *p = &x->proof;
    const struct json_value *v, *o, *keys;
    struct tb_err why = TB_ERR_INIT;
    struct str digest;

    if (json_read(&x->mem, x->last, &v, &why) || !(o = json_get(v, "proof")))
        return false;
    keys = json_get(o, "keys");
    p->what = (struct audit_exported){ .first = json_get_int(o, "first", -1),
                                       .last = json_get_int(o, "last", -1),
                                       .rows = json_get_int(o, "rows", -1),
                                       .whole = json_get_bool(o, "whole", false) };
    digest = json_get_str(o, "digest");
    p->at = json_get_int(o, "at", 0);
    p->signature = json_get_str(o, "signature");
    for (; p->key_n < SM2_KEYS_MAX && p->key_n < json_len(keys); p->key_n++)
        p->keys[p->key_n] = json_text(json_at(keys, p->key_n));
    if (digest.n != SM3_HEX - 1 || !p->key_n)
        return false;
    memcpy(p->what.digest, digest.p, digest.n);
    return true;
}

/* What is not signed has one form only: nothing can hide in the last line. */
static bool proof_plain(struct checking *x)
{
    struct buf b = BUF_INIT(LINE_MOST);
    bool same;

    audit_proof_json(&b, &x->proof);
    same = str_eq(buf_str(&b), x->last);
    buf_release(&b);
    return same;
}

static bool own_keys(struct checking *x)
{
    struct tb_err why = TB_ERR_INIT;

    for (size_t i = 0; i < x->proof.key_n; i++) {
        struct sm2 *k;

        if (sm2_read(x->proof.keys[i], &k, &why))
            return false;
        x->own.v[x->own.n++] = k;
    }
    return true;
}

static void check_proof(struct checking *x, const char *digest)
{
    struct str text;

    if (!proof_read(x))
        fault(x, "文件不完整：最后一行不是导出证明，文件被截断或改动过");
    else if (strcmp(digest, x->proof.what.digest) != 0)
        fault(x, "文件内容与导出时的摘要不符：有记录被改动、增加或删除");
    else if (!proof_plain(x) || !own_keys(x))
        fault(x, "导出证明被改动过");
    if (!x->out->chain.ok)
        return;
    audit_key_mark(x->own.v[0], x->out->mark);
    text = audit_proof_text(&x->mem, &x->proof);
    if (!sm2_verify_any(x->given.n ? &x->given : &x->own, text, x->proof.signature))
        fault(x, x->given.n ? "签名不是给出的公钥所签" : "导出证明的签名不成立");
}

static bool row_read(struct arena *a, struct str text, struct audit_row *r)
{
    struct tb_err why = TB_ERR_INIT;
    const struct json_value *v;

    if (json_read(a, text, &v, &why))
        return false;
    *r = (struct audit_row){ .id = json_get_int(v, "id", -1),
                             .what = { .at = json_get_int(v, "at_ms", 0),
                                       .actor = json_get_str(v, "actor"),
                                       .role = json_get_str(v, "role"),
                                       .address = json_get_str(v, "address"),
                                       .verb = json_get_str(v, "verb"),
                                       .object = json_get_str(v, "object"),
                                       .outcome = json_get_str(v, "outcome"),
                                       .request_id = json_get_str(v, "request_id"),
                                       .detail = json_get_str(v, "detail") },
                             .prev = json_get_str(v, "prev"),
                             .hash = json_get_str(v, "hash") };
    return r->id > 0;
}

/* The signature says that nothing was changed since the export; this says that what was exported
 * held together. */
static void second_pass(struct checking *x)
{
    struct audit_chain k;
    char *room = tb_alloc(LINE_MOST);
    struct str now;

    audit_chain_begin(&k, &x->out->chain, x->proof.what.whole ? x->proof.what.first - 1 : -1,
                      STR(""));
    if (x->proof.what.whole && x->proof.what.first != 1)
        k.prev[0] = 0; /* the row before is not here: the signature vouches for the first one */
    k.keys = x->given.n ? x->given : x->own;
    x->out->chain.checkpoints = (int64_t)x->n;
    if (x->proof.what.whole)
        audit_chain_points(&k, x->points, x->n);
    rewind(x->f);
    while ((now = line(x, room)).n && str_starts(now, STR("{\"id\""))) {
        struct arena a = ARENA_INIT;
        struct audit_row r;

        if (!x->proof.what.whole) { /* gaps: each row by itself */
            k.last = -1;
            k.prev[0] = 0;
        }
        if (row_read(&a, now, &r))
            audit_chain_row(&k, &r);
        else
            fault(x, "有一行不是审计记录");
        arena_release(&a);
    }
    if (k.out->rows != x->proof.what.rows)
        fault(x, "行数与导出证明不符");
    tb_free(room);
}

enum tb_code audit_export_check(const char *path, const struct sm2_keys *keys,
                                struct audit_export_verdict *out, struct tb_err *e)
{
    struct checking x = { .given = *keys, .out = out };
    char digest[SM3_HEX];

    *out = (struct audit_export_verdict){ .chain = { .ok = true }, .key_given = keys->n > 0 };
    x.f = fopen(path, "rbe");
    if (!x.f)
        return tb_fail(e, errno == ENOENT ? TB_NOT_FOUND : TB_STORE,
                       "打不开这个导出文件，请检查路径", "path=%s errno=%d", path, errno);
    first_pass(&x, digest);
    check_proof(&x, digest);
    out->what = x.proof.what;
    out->at = x.proof.at;
    if (out->chain.ok)
        second_pass(&x);
    fclose(x.f);
    for (size_t i = 0; i < x.own.n; i++)
        sm2_free((struct sm2 *)(uintptr_t)x.own.v[i]);
    arena_release(&x.mem);
    return TB_OK;
}
