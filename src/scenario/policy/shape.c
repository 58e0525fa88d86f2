#include "scenario/policy/shape.h"

#include "base/date.h"
#include "guard/mask.h"
#include "scenario/policy/answer_int.h"
#include "store/correction.h"

static enum tb_code sentences(struct talk *t, struct json *j, const struct exchange *x,
                              const struct mask *mask, struct tb_err *e)
{
    const struct json_value *all;
    int n = 0;

    if (json_read(&t->mem, x->sentences, &all, e))
        return e->code;
    json_karr(j, "sentences");
    for (size_t i = 0; i < json_len(all); i++) {
        const struct json_value *s = json_at(all, i), *c = json_get(s, "citations");
        int at[2] = { -1, -1 };

        if (!json_get_bool(s, "shown", false))
            continue;
        for (size_t k = 0; k < json_len(c) && k < 2; k++)
            at[k] = (int)json_i64(json_at(c, k), 0) - 1;
        json_raw(j,
                 sentence_json(&t->mem, ++n, mask_restore(&t->mem, mask, json_get_str(s, "text")),
                               at, json_get_bool(s, "quoted", false)));
    }
    json_end(j);
    return TB_OK;
}

void shape_feedback(struct json *j, int64_t value, struct str reason)
{
    json_key(j, "feedback");
    if (value == 0) {
        json_null(j);
        return;
    }
    json_obj(j);
    json_kbool(j, "useful", value > 0);
    json_kstr(j, "reason", reason);
    json_end(j);
}

/* What a guardian put right since: whoever reads the answer again reads that too. */
static enum tb_code correction_part(struct talk *t, struct json *j, const struct exchange *x,
                                    struct tb_err *e)
{
    struct correction c;

    if (correction_of(t, x->id, &c, e))
        return e->code;
    json_key(j, "correction");
    if (!c.id) {
        json_null(j);
        return TB_OK;
    }
    json_obj(j);
    json_kstr(j, "text", c.text);
    json_ktime(j, "at", c.created_at);
    json_end(j);
    return TB_OK;
}

enum tb_code shape_exchange_fields(struct talk *t, struct json *j, const struct exchange *x,
                                   bool own, struct tb_err *e)
{
    struct mask *mask = ARENA_NEW(&t->mem, struct mask);
    struct str personal = STR("");
    char day[16];

    if (own && (exchange_personal(t, x, &personal, e) ||
                (personal.n && mask_from_json(&t->mem, personal, mask, e))))
        return e->code;
    json_kstr(j, "receipt", x->receipt);
    json_kstr(j, "conversation", own ? x->conversation : STR(""));
    json_kstr(j, "question", mask_restore(&t->mem, mask, x->question));
    json_kstr(j, "as_of", day_text(x->as_of, day));
    json_key(j, "masked");
    json_raw(j, x->masked);
    json_kstr(j, "outcome", x->outcome);
    json_key(j, "clauses");
    json_raw(j, x->clauses);
    if (sentences(t, j, x, mask, e))
        return e->code;
    json_key(j, "done");
    if (x->done.n && own)
        json_raw(j, x->done);
    else
        json_null(j);
    json_ktime(j, "created_at", x->created_at);
    shape_feedback(j, x->feedback, x->feedback_reason);
    return correction_part(t, j, x, e);
}

enum tb_code shape_exchange(struct talk *t, struct json *j, const struct exchange *x, bool own,
                            struct tb_err *e)
{
    json_obj(j);
    if (shape_exchange_fields(t, j, x, own, e))
        return e->code;
    json_end(j);
    return TB_OK;
}

void shape_handoff(struct json *j, const struct handoff *h)
{
    bool held = !str_eqz(h->state, "waiting");

    json_kstr(j, "receipt", h->receipt);
    json_kstr(j, "state", h->state);
    json_kstr(j, "state_title", str_z(handoff_state_title(h->state)));
    json_kstr(j, "question", h->question);
    json_kstr(j, "reason", h->reason);
    json_kstr(j, "reason_title", str_z(handoff_reason_title(h->reason)));
    json_kstr(j, "department", h->department);
    json_kstr(j, "department_name", h->department_name);
    json_ktime(j, "created_at", h->created_at);
    json_kstr(j, "taken_by", held ? h->taken_by_login : STR(""));
    json_kstr(j, "taken_by_name", held ? h->taken_by_name : STR(""));
    json_ktime(j, "replied_at", h->replied_at);
}

void shape_standard(struct json *j, const struct standard *s)
{
    json_obj(j);
    json_kint(j, "id", s->id);
    json_karr(j, "questions");
    for (size_t i = 0; i < s->question_n; i++)
        json_str(j, s->questions[i]);
    json_end(j);
    json_kstr(j, "answer", s->answer);
    json_karr(j, "citations");
    for (size_t i = 0; i < s->citation_n; i++) {
        json_obj(j);
        json_kstr(j, "document_number", s->citations[i].document_number);
        json_kstr(j, "clause", s->citations[i].clause);
        json_end(j);
    }
    json_end(j);
    json_kstr(j, "department", s->department);
    json_kstr(j, "department_name", s->department_name);
    json_kstr(j, "state", s->state);
    json_kstr(j, "state_title", str_z(standard_state_title(s->state)));
    json_kstr(j, "source", s->source);
    json_kstr(j, "approved_by_name", s->approved_by_name);
    json_ktime(j, "approved_at", s->approved_at);
    json_kday(j, "valid_from", s->valid_from);
    json_kday(j, "valid_to", s->valid_to);
    json_ktime(j, "updated_at", s->updated_at);
    json_end(j);
}
