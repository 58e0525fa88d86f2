#include "scenario/policy/standards.h"

#include "base/utf8.h"
#include "knowledge/clause.h"
#include "knowledge/search.h"
#include "scenario/policy/handlers.h"
#include "scenario/policy/shape.h"
#include "store/audit.h"

enum { QUESTIONS_MAX = 20, CITATIONS_MAX = 6, ANSWER_CHARS = 2000, QUESTION_CHARS = 200 };

static enum tb_code questions_from(struct talk *t, const struct json_value *v, struct standard *s,
                                   struct tb_err *e)
{
    s->question_n = json_len(v);
    if (!json_is_arr(v) || s->question_n == 0 || s->question_n > QUESTIONS_MAX)
        return tb_fail(e, TB_INVALID, "请写 1 到 20 种问法", "questions=%zu", s->question_n);
    s->questions = ARENA_ARRAY(&t->mem, struct str, s->question_n);
    for (size_t i = 0; i < s->question_n; i++) {
        s->questions[i] = str_trim(json_text(json_at(v, i)));
        if (s->questions[i].n == 0 || utf8_count(s->questions[i]) > QUESTION_CHARS)
            return tb_fail(e, TB_INVALID, "每种问法应有 1 到 200 个字", "question %zu", i);
    }
    return TB_OK;
}

static enum tb_code citations_from(struct talk *t, const struct json_value *v, struct standard *s,
                                   struct tb_err *e)
{
    s->citation_n = json_len(v);
    if (s->citation_n > CITATIONS_MAX)
        return tb_fail(e, TB_INVALID, "依据最多写 6 条", "citations=%zu", s->citation_n);
    s->citations = ARENA_ARRAY(&t->mem, struct standard_citation, s->citation_n + 1);
    for (size_t i = 0; i < s->citation_n; i++) {
        struct passage_list found;

        s->citations[i].document_number = json_get_str(json_at(v, i), "document_number");
        s->citations[i].clause = json_get_str(json_at(v, i), "clause");
        if (clause_find(t, s->citations[i].document_number, s->citations[i].clause, t->as_of,
                        &found, e))
            return e->code;
        if (found.n == 0)
            return tb_fail(e, TB_INVALID, "依据里有现行文件中找不到的条款，请核对文号和条款",
                           "citation %zu", i);
    }
    return TB_OK;
}

enum tb_code standards_from(struct talk *t, const struct json_value *v, struct str answer,
                            struct standard *s, struct tb_err *e)
{
    struct str own = str_trim(json_get_str(v, "answer"));

    s->answer = own.n ? own : answer;
    s->valid_from = s->valid_to = DAY_NONE;
    if (s->answer.n == 0 || utf8_count(s->answer) > ANSWER_CHARS)
        return tb_fail(e, TB_INVALID, "答案应有 1 到 2000 个字", "answer chars=%zu",
                       utf8_count(s->answer));
    if (questions_from(t, json_get(v, "questions"), s, e) ||
        citations_from(t, json_get(v, "citations"), s, e) ||
        json_get_day(v, "valid_from", &s->valid_from, e) ||
        json_get_day(v, "valid_to", &s->valid_to, e))
        return e->code;
    s->state = STR("proposed");
    s->department = t->actor.department;
    return TB_OK;
}

static const char *const known[] = { "questions",  "answer",   "citations",
                                     "valid_from", "valid_to", NULL };

enum tb_code standard_all(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct standard_filter f = { .state = request_query(q, "state"),
                                 .words = request_query(q, "q") };
    struct standard *s;
    struct page p;
    size_t n;
    int64_t total;

    if (request_page(q, &p, e))
        return e->code;
    f.page = p.number;
    f.size = p.size;
    if (standard_list(t, &f, &s, &n, &total, e))
        return e->code;
    reply_items(r);
    for (size_t i = 0; i < n; i++)
        shape_standard(&r->json, &s[i]);
    reply_total(r, total);
    return TB_OK;
}

static enum tb_code keep(struct talk *t, struct standard *s, const char *verb, struct tb_err *e)
{
    struct draft d;

    if (standard_keep(t, s, &d, e))
        return e->code;
    return audit_witness(t, verb, arena_printf(&t->mem, "standard:%lld", (long long)s->id),
                         arena_printf(&t->mem, "draft=%.*s", STR_FMT(d.receipt)), e);
}

/* Read back before the commit: what is acknowledged must not be called failed. */
static enum tb_code keep_and_read(struct talk *t, struct standard *s, const char *verb,
                                  struct standard *now, struct tb_err *e)
{
    return keep(t, s, verb, e) || standard_read(t, s->id, now, e) ? e->code : TB_OK;
}

static enum tb_code keep_and_show(struct talk *t, struct standard *s, const char *verb,
                                  struct reply *r, struct tb_err *e)
{
    struct standard now;

    if (db_begin(t->db, e) || db_end(t->db, keep_and_read(t, s, verb, &now, e), e))
        return e->code;
    search_catch_up(t->at->search, t->db);
    shape_standard(&r->json, &now);
    return TB_OK;
}

enum tb_code standard_new(struct talk *t, const struct request *q, struct reply *r,
                          struct tb_err *e)
{
    struct standard s = { .id = 0, .source = STR("page") };
    const struct json_value *v;

    if (request_json(&t->mem, q, known, &v, e) || standards_from(t, v, STR(""), &s, e))
        return e->code;
    return keep_and_show(t, &s, "standard.new", r, e);
}

enum tb_code standard_change(struct talk *t, const struct request *q, struct reply *r,
                             struct tb_err *e)
{
    struct standard s, old;
    const struct json_value *v;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || standard_read(t, id, &old, e) ||
        request_json(&t->mem, q, known, &v, e))
        return e->code;
    s = (struct standard){
        .id = id, .key = old.key, .source = old.source, .handoff_id = old.handoff_id
    };
    if (standards_from(t, v, STR(""), &s, e))
        return e->code;
    return keep_and_show(t, &s, "standard.change", r, e);
}

typedef enum tb_code (*change)(struct talk *t, const struct standard *s, struct tb_err *e);

static enum tb_code sign(struct talk *t, const struct standard *s, struct tb_err *e)
{
    struct signer by = signer_of(t);
    struct draft d;

    return standard_draft(t, s, &d, e) || standard_sign(t, &d, &by, e) ? e->code : TB_OK;
}

static enum tb_code withdraw(struct talk *t, const struct standard *s, struct tb_err *e)
{
    return standard_withdraw(t, s->id, e);
}

static enum tb_code change_and_read(struct talk *t, const struct standard *s, change how,
                                    const char *verb, struct standard *now, struct tb_err *e)
{
    if (how(t, s, e) || standard_read(t, s->id, now, e))
        return e->code;
    return audit_witness(t, verb, arena_printf(&t->mem, "standard:%lld", (long long)s->id), STR(""),
                         e);
}

static enum tb_code change_and_show(struct talk *t, const struct request *q, struct reply *r,
                                    change how, const char *verb, struct tb_err *e)
{
    struct standard s, now;
    int64_t id;

    if (request_param_int(q, "id", &id, e) || standard_read(t, id, &s, e) || db_begin(t->db, e) ||
        db_end(t->db, change_and_read(t, &s, how, verb, &now, e), e))
        return e->code;
    search_catch_up(t->at->search, t->db);
    shape_standard(&r->json, &now);
    return TB_OK;
}

enum tb_code standard_approve(struct talk *t, const struct request *q, struct reply *r,
                              struct tb_err *e)
{
    return change_and_show(t, q, r, sign, "standard.approve", e);
}

enum tb_code standard_stop(struct talk *t, const struct request *q, struct reply *r,
                           struct tb_err *e)
{
    return change_and_show(t, q, r, withdraw, "standard.withdraw", e);
}
