/* 词表: which lists are in use; taking one back. Bringing one in: words_import.c. */
#include "guard/risk.h"
#include "scenario/shield/shield.h"
#include "store/word_list.h"

static void list_json(struct json *j, const struct word_list *w)
{
    int kind = 0;

    json_obj(j);
    json_kstr(j, "name", w->name);
    json_kint(j, "version", w->version);
    json_kstr(j, "kind", w->kind);
    json_kstr(j, "kind_title",
              risk_kind_parse(w->kind, &kind) ? str_z(risk_kind_name(kind)) : STR(""));
    json_kstr(j, "way", w->way);
    json_kbool(j, "sound", w->sound);
    json_kint(j, "words", (int64_t)word_list_count(w->words));
    json_kint(j, "left_out", (int64_t)word_list_count(w->left_out));
    json_kstr(j, "made_by", w->made_by);
    json_ktime(j, "made_at", w->made_at);
    json_end(j);
}

enum tb_code words_show(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct risk_state s = { .fault = "" };
    struct word_list *all;
    size_t n;

    (void)q;
    if (word_list_newest(t->db, &t->mem, &all, &n, e))
        return e->code;
    if (t->at->risk)
        risk_state(t->at->risk, &s);
    json_obj(&r->json);
    json_kstr(&r->json, "fault", str_z(s.fault));
    json_kint(&r->json, "phrases", (int64_t)s.phrases);
    json_karr(&r->json, "kinds"); /* what a list may be of */
    for (int k = 0; k < RISK_KINDS; k++) {
        json_obj(&r->json);
        json_kstr(&r->json, "kind", str_z(risk_kind_ref(k)));
        json_kstr(&r->json, "title", str_z(risk_kind_name(k)));
        json_end(&r->json);
    }
    json_end(&r->json);
    json_karr(&r->json, "items");
    for (size_t i = 0; i < n; i++)
        list_json(&r->json, &all[i]);
    json_end(&r->json);
    json_kint(&r->json, "total", (int64_t)n);
    json_end(&r->json);
    return TB_OK;
}

static void reply_name(struct reply *r, struct str name)
{
    json_obj(&r->json);
    json_kstr(&r->json, "name", name);
    json_end(&r->json);
}

enum tb_code words_undo(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    struct word_list w;

    if (word_list_undo(t, request_param(q, "name"), &w, e))
        return e->code;
    reply_name(r, w.name);
    return TB_OK;
}

enum tb_code words_drop(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)
{
    if (word_list_drop(t, request_param(q, "name"), e))
        return e->code;
    reply_name(r, request_param(q, "name"));
    return TB_OK;
}
