/* 签发、退回、转交、撤回: each in one transaction with its row of the trail; what is replied is
 * read before the commit. */
#include "base/utf8.h"
#include "knowledge/search.h"
#include "scenario/review/review.h"
#include "store/audit.h"
#include "store/staff.h"

enum { REASON_CHARS = 500, BATCH_MAX = 100 };

static struct str seen(struct talk *t, const struct draft *d)
{
    return arena_printf(&t->mem, "kind=%s subject=%lld revision=%lld digest=%.16s",
                        draft_kind_name(d->kind), (long long)d->subject_id, (long long)d->revision,
                        d->digest.p);
}

static enum tb_code sign(struct talk *t, const struct draft *d, struct tb_err *e)
{
    if (review_publish(t, d, e))
        return e->code;
    return audit_witness(t, "review.sign", d->receipt, seen(t, d), e);
}

static enum tb_code sign_and_show(struct talk *t, const struct draft *d, struct json *j,
                                  struct tb_err *e)
{
    return sign(t, d, e) || review_whole(t, j, d->receipt, e) ? e->code : TB_OK;
}

/* The revision that was read is the one that is signed. */
static enum tb_code read_at(struct talk *t, struct str receipt, int64_t revision, struct draft *d,
                            struct tb_err *e)
{
    if (revision < 1)
        return tb_fail(e, TB_INVALID, "请写明看的是第几稿（revision）", "no revision");
    if (draft_read(t, receipt, d, e))
        return e->code;
    d->revision = revision;
    return TB_OK;
}

enum tb_code review_sign(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "revision", NULL };
    const struct json_value *v;
    struct draft d;

    if (request_json(&t->mem, q, known, &v, e) ||
        read_at(t, request_param(q, "receipt"), json_get_int(v, "revision", 0), &d, e) ||
        db_begin(t->db, e) || db_end(t->db, sign_and_show(t, &d, &r->json, e), e))
        return e->code;
    search_catch_up(t->at->search, t->db);
    return TB_OK;
}

/* ---- identical ones together ---- */

/* The first is the one that was opened: all others must be the same, word for word. */
static enum tb_code one_of_many(struct talk *t, const struct json_value *v, struct str *digest,
                                struct tb_err *e)
{
    struct draft d;

    if (read_at(t, json_get_str(v, "receipt"), json_get_int(v, "revision", 0), &d, e))
        return e->code;
    if (digest->n == 0) {
        *digest = d.digest;
        if (d.taken_by != t->actor.id)
            return tb_fail(e, TB_INVALID, "请先打开看过其中一份，再一起签发", "not opened");
    }
    if (!str_eq(*digest, d.digest))
        return tb_fail(e, TB_INVALID, "只有内容完全相同的稿件才能一起签发", "digests differ");
    return sign(t, &d, e);
}

static enum tb_code many(struct talk *t, const struct json_value *items, struct tb_err *e)
{
    struct str digest = STR("");

    for (size_t i = 0; i < json_len(items); i++)
        if (one_of_many(t, json_at(items, i), &digest, e))
            return e->code;
    return TB_OK;
}

enum tb_code review_sign_all(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    static const char *const known[] = { "items", NULL };
    const struct json_value *v, *items;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    items = json_get(v, "items");
    if (!json_is_arr(items) || json_len(items) == 0 || json_len(items) > BATCH_MAX)
        return tb_fail(e, TB_INVALID, "一次可以签发 1 到 100 份", "items=%zu", json_len(items));
    if (db_begin(t->db, e) || db_end(t->db, many(t, items, e), e))
        return e->code;
    search_catch_up(t->at->search, t->db);
    json_obj(&r->json);
    json_kint(&r->json, "signed", (int64_t)json_len(items));
    json_end(&r->json);
    return TB_OK;
}

/* ---- back, on, away ---- */

static enum tb_code read_reason(struct talk *t, const struct request *q, struct str *out,
                                struct tb_err *e)
{
    static const char *const known[] = { "reason", NULL };
    const struct json_value *v;

    if (request_json(&t->mem, q, known, &v, e))
        return e->code;
    *out = str_trim(json_get_str(v, "reason"));
    if (out->n == 0 || utf8_count(*out) > REASON_CHARS)
        return tb_fail(e, TB_INVALID, "请写明原因，500 字以内", "reason chars=%zu",
                       utf8_count(*out));
    return TB_OK;
}

/* Who may sign it may return it or hand it on, and so may who became an author by editing it. */
static enum tb_code may_handle(struct talk *t, const struct draft *d, struct tb_err *e)
{
    struct str why;

    if (d->state != DRAFT_WAITING)
        return TB_OK; /* the state is told by what follows */
    if (draft_why_not(t, d, t->actor.id, &why, e))
        return e->code;
    if (why.n == 0 || str_has(why, STR("作者之一")))
        return TB_OK;
    return tb_fail_say(e, TB_FORBIDDEN, why, STR("may not handle it"));
}

static enum tb_code give_back(struct talk *t, const struct draft *d, struct str reason,
                              struct json *j, struct tb_err *e)
{
    if (may_handle(t, d, e) || draft_return(t, d, reason, e) || review_returned(t, d, reason, e) ||
        audit_witness(t, "review.return", d->receipt, seen(t, d), e))
        return e->code;
    return review_whole(t, j, d->receipt, e);
}

enum tb_code review_return(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    struct draft d;
    struct str reason;

    if (read_reason(t, q, &reason, e) || draft_read(t, request_param(q, "receipt"), &d, e) ||
        db_begin(t->db, e))
        return e->code;
    return db_end(t->db, give_back(t, &d, reason, &r->json, e), e);
}

static enum tb_code take_away(struct talk *t, const struct draft *d, struct str reason,
                              struct json *j, struct tb_err *e)
{
    if (d->author_id != t->actor.id || d->author_id == 0)
        return tb_fail(e, TB_FORBIDDEN, "只有作者能撤回自己的稿件；签发人请用“退回”",
                       "not the author");
    if (draft_withdraw(t, d, reason, e) ||
        (d->kind == DRAFT_REPLY && review_returned(t, d, reason, e)) ||
        audit_witness(t, "review.withdraw", d->receipt, seen(t, d), e))
        return e->code;
    return review_whole(t, j, d->receipt, e);
}

enum tb_code review_withdraw(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    struct draft d;
    struct str reason;

    if (read_reason(t, q, &reason, e) || draft_read(t, request_param(q, "receipt"), &d, e))
        return e->code;
    if (d.state == DRAFT_PUBLIC)
        return tb_fail(e, TB_CONFLICT, "已经公开的请在标准问答或知识库里停用、撤回",
                       "draft is public");
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, take_away(t, &d, reason, &r->json, e), e);
}

/* To somebody who may sign it once it is theirs. */
static enum tb_code check_heir(struct talk *t, const struct draft *d, const struct staff *to,
                               struct tb_err *e)
{
    struct draft theirs = *d;
    struct str why;

    theirs.reviewer_id = to->id;
    if (draft_why_not(t, &theirs, to->id, &why, e))
        return e->code;
    if (why.n == 0)
        return TB_OK;
    return tb_fail_say(
        e, TB_INVALID,
        arena_printf(&t->mem, "不能转给%.*s：这个人不能签发这份稿件", STR_FMT(to->name)),
        STR("heir may not sign"));
}

static enum tb_code hand(struct talk *t, const struct draft *d, struct str login, struct json *j,
                         struct tb_err *e)
{
    struct staff to;

    if (may_handle(t, d, e) || staff_read(t->db, &t->mem, login, &to, e) ||
        check_heir(t, d, &to, e) || draft_hand(t, d, to.id, e) ||
        audit_witness(t, "review.hand", d->receipt,
                      arena_printf(&t->mem, "to=%.*s", STR_FMT(to.login)), e))
        return e->code;
    return review_whole(t, j, d->receipt, e);
}

enum tb_code review_hand(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    static const char *const known[] = { "login", NULL };
    const struct json_value *v;
    struct draft d;

    if (request_json(&t->mem, q, known, &v, e) ||
        draft_read(t, request_param(q, "receipt"), &d, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, hand(t, &d, json_get_str(v, "login"), &r->json, e), e);
}
