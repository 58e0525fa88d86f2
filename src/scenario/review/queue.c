/* The queue and one draft of it as the desk shows them. */
#include "scenario/review/review.h"
#include "store/audit.h"

static void signature(struct json *j, const struct draft *d)
{
    json_key(j, "signed");
    if (!d->signed_at) {
        json_null(j);
        return;
    }
    json_obj(j);
    json_kstr(j, "name", d->signer_name);
    json_ktime(j, "at", d->signed_at);
    json_kstr(j, "way", d->signed_way);
    json_end(j);
}

void review_item(struct json *j, const struct draft *d)
{
    json_kstr(j, "receipt", d->receipt);
    json_kstr(j, "kind", str_z(draft_kind_name(d->kind)));
    json_kstr(j, "kind_title", str_z(draft_kind_title(d->kind)));
    json_kint(j, "subject", d->subject_id);
    json_kstr(j, "title", d->title);
    json_kstr(j, "state", str_z(draft_state_name(d->state)));
    json_kstr(j, "state_title", str_z(draft_state_title(d->state)));
    json_kint(j, "revision", d->revision);
    json_kstr(j, "author", d->author_name);
    json_kstr(j, "author_kind", str_z(draft_author_name(d->author_kind)));
    json_kstr(j, "employee", d->employee);
    json_kstr(j, "department", d->department);
    json_kstr(j, "department_name", d->department_name);
    json_kstr(j, "reviewer", d->reviewer_login);
    json_kstr(j, "reviewer_name", d->reviewer_name);
    json_kint(j, "risk", d->risk);
    json_kstr(j, "why", d->why);
    json_kstr(j, "note", d->note);
    json_ktime(j, "due_at", d->due_at);
    json_kint(j, "escalated", d->escalated);
    json_ktime(j, "created_at", d->created_at);
    json_kstr(j, "digest", d->digest);
    signature(j, d);
}

enum tb_code review_list(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct draft_filter f = { .state = request_query(q, "state"),
                              .kind = request_query(q, "kind"),
                              .words = request_query(q, "q"),
                              .mine = str_eqz(request_query(q, "mine"), "1"),
                              .late = str_eqz(request_query(q, "late"), "1") };
    struct draft *d;
    struct page p;
    int64_t total;
    size_t n;

    if (request_page(q, &p, e))
        return e->code;
    f.page = p.number;
    f.size = p.size;
    if (draft_list(t, &f, &d, &n, &total, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++) {
        json_obj(&r->json);
        review_item(&r->json, &d[i]);
        json_end(&r->json);
    }
    reply_total(r, total);
    return TB_OK;
}

static enum tb_code edits(struct talk *t, struct json *j, const struct draft *d, struct tb_err *e)
{
    struct draft_edit *x;
    size_t n;

    if (draft_edits(t, d->id, &x, &n, e))
        return e->code;
    json_karr(j, "edits");
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kint(j, "revision", x[i].revision);
        json_kstr(j, "name", x[i].editor_name);
        json_ktime(j, "at", x[i].at);
        json_kbool(j, "authored", x[i].authored);
        json_key(j, "before"); /* both written by our own JSON writer */
        json_raw(j, x[i].before);
        json_key(j, "after");
        json_raw(j, x[i].after);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code twins(struct talk *t, struct json *j, const struct draft *d, struct tb_err *e)
{
    struct draft *x = NULL;
    size_t n = 0;

    if (d->state == DRAFT_WAITING && draft_twins(t, d, &x, &n, e))
        return e->code;
    json_karr(j, "twins");
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_kstr(j, "receipt", x[i].receipt);
        json_kint(j, "revision", x[i].revision);
        json_ktime(j, "created_at", x[i].created_at);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code whole(struct talk *t, struct json *j, const struct draft *d, struct tb_err *e)
{
    struct str why;
    bool open = d->taken_by && d->taken_by != t->actor.id &&
                world_now_ms(t->world) - d->taken_at < DRAFT_HOLD_MS;

    if (draft_why_not(t, d, t->actor.id, &why, e))
        return e->code;
    json_obj(j);
    review_item(j, d);
    json_kbool(j, "may_sign", why.n == 0);
    json_kstr(j, "why_not", why);
    json_kbool(j, "own", d->author_id != 0 && d->author_id == t->actor.id);
    json_kstr(j, "open_by", open ? d->taken_by_name : STR(""));
    json_key(j, "body");
    json_raw(j, d->body.n ? d->body : STR("{}"));
    if (edits(t, j, d, e) || twins(t, j, d, e) || review_content(t, j, d, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

enum tb_code review_whole(struct talk *t, struct json *j, struct str receipt, struct tb_err *e)
{
    struct draft d;

    return draft_read(t, receipt, &d, e) || whole(t, j, &d, e) ? e->code : TB_OK;
}

enum tb_code review_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    return review_whole(t, &r->json, request_param(q, "receipt"), e);
}

static enum tb_code take(struct talk *t, const struct draft *d, struct json *j, struct tb_err *e)
{
    struct str holder;

    if (draft_take(t, d, &holder, e) || audit_witness(t, "review.take", d->receipt, STR(""), e))
        return e->code;
    return review_whole(t, j, d->receipt, e);
}

enum tb_code review_take(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct draft d;

    if (draft_read(t, request_param(q, "receipt"), &d, e) || db_begin(t->db, e))
        return e->code;
    return db_end(t->db, take(t, &d, &r->json, e), e);
}
