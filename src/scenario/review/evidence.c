/* Beside each sentence what it rests on: the clauses as they were shown, how the check found the
 * sentence, what the AI wrote and the check left out, and what was signed for nearly the same
 * question.
 */
#include "knowledge/clause.h"
#include "knowledge/search.h"
#include "scenario/review/review.h"
#include "store/exchange.h"
#include "store/standard.h"
#include "store/work_order.h"

/* Below this two questions are not alike enough to compare their answers. */
static const double SIMILAR_LEAST = 0.55;

/* How the check of the time found this sentence; NULL when somebody has changed it since. */
static const struct json_value *as_checked(const struct json_value *all, struct str text)
{
    struct json_walk w = json_walk(all);
    const struct json_value *s;

    while ((s = json_step(&w)))
        if (str_eq(json_get_str(s, "text"), text))
            return s;
    return NULL;
}

static void citations(struct json *j, const struct json_value *s)
{
    const struct json_value *c = json_get(s, "citations");

    json_karr(j, "citations");
    for (size_t i = 0; i < json_len(c); i++)
        json_int(j, json_i64(json_at(c, i), 0));
    json_end(j);
}

static void sentences(struct json *j, const struct json_value *body,
                      const struct json_value *checked)
{
    const struct json_value *all = json_get(body, "sentences");

    json_karr(j, "sentences");
    for (size_t i = 0; i < json_len(all); i++) {
        const struct json_value *s = json_at(all, i);
        const struct json_value *was = as_checked(checked, json_get_str(s, "text"));

        json_obj(j);
        json_kint(j, "n", (int64_t)i + 1);
        json_kstr(j, "text", json_get_str(s, "text"));
        json_kbool(j, "quoted", json_get_bool(s, "quoted", false));
        json_kstr(j, "state", was ? json_get_str(was, "state") : STR("edited"));
        json_kreal(j, "cover", was ? json_get_num(was, "cover", 0) : 0);
        citations(j, s);
        json_end(j);
    }
    json_end(j);
}

static void left_out(struct json *j, const struct json_value *body,
                     const struct json_value *checked)
{
    struct json_walk w = json_walk(checked);
    const struct json_value *s;

    json_karr(j, "left_out");
    while ((s = json_step(&w))) {
        if (as_checked(json_get(body, "sentences"), json_get_str(s, "text")) ||
            str_eqz(json_get_str(s, "state"), "supported"))
            continue;
        json_obj(j);
        json_kstr(j, "text", json_get_str(s, "text"));
        json_kstr(j, "state", json_get_str(s, "state"));
        json_kstr(j, "missing", json_get_str(s, "missing"));
        json_end(j);
    }
    json_end(j);
}

static enum tb_code similar(struct talk *t, struct json *j, struct str question, int64_t not_id,
                            struct tb_err *e)
{
    struct standard s;
    int64_t id = 0;
    double score = 0;

    json_karr(j, "similar");
    if (t->at->search && search_standard(t->at->search, t, question, t->as_of, &id, &score, e))
        return e->code;
    if (id && id != not_id && score >= SIMILAR_LEAST) {
        if (standard_read(t, id, &s, e))
            return e->code;
        json_obj(j);
        json_kint(j, "standard", s.id);
        json_kstr(j, "question", s.question_n ? s.questions[0] : STR(""));
        json_kstr(j, "answer", s.answer);
        json_kreal(j, "score", score);
        json_kstr(j, "signed_by", s.approved_by_name);
        json_ktime(j, "signed_at", s.approved_at);
        json_end(j);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code answer(struct talk *t, struct json *j, const struct draft *d,
                           const struct json_value *body, struct tb_err *e)
{
    const struct json_value *checked;
    struct exchange x;

    if (exchange_of_id(t, d->subject_id, &x, e) || json_read(&t->mem, x.sentences, &checked, e))
        return e->code;
    json_kstr(j, "question", x.question);
    json_kstr(j, "exchange", x.receipt);
    json_kstr(j, "model", x.model);
    json_key(j, "clauses");
    json_raw(j, x.clauses);
    sentences(j, body, checked);
    left_out(j, body, checked);
    return similar(t, j, x.question, 0, e);
}

/* ---- a standard answer: one text, and the clauses it names ---- */

static enum tb_code clauses(struct talk *t, struct json *j, const struct json_value *list, int *n,
                            struct tb_err *e)
{
    json_karr(j, "clauses");
    for (size_t i = 0; i < json_len(list); i++) {
        struct passage_list found;

        if (clause_find(t, json_get_str(json_at(list, i), "document_number"),
                        json_get_str(json_at(list, i), "clause"), t->as_of, &found, e))
            return e->code;
        for (size_t k = 0; k < found.n && k < 3; k++)
            clause_json(j, ++*n, &found.items[k]);
    }
    json_end(j);
    return TB_OK;
}

static enum tb_code standard(struct talk *t, struct json *j, const struct draft *d,
                             const struct json_value *body, struct tb_err *e)
{
    int n = 0;

    json_kstr(j, "question", d->title);
    json_kstr(j, "exchange", STR(""));
    json_kstr(j, "model", STR(""));
    if (clauses(t, j, json_get(body, "citations"), &n, e))
        return e->code;
    json_karr(j, "sentences");
    json_obj(j);
    json_kint(j, "n", 1);
    json_kstr(j, "text", json_get_str(body, "answer"));
    json_kbool(j, "quoted", false);
    json_kstr(j, "state", n ? STR("supported") : STR("none"));
    json_kreal(j, "cover", 0);
    json_karr(j, "citations");
    for (int i = 1; i <= n && i <= 2; i++)
        json_int(j, i);
    json_end(j);
    json_end(j);
    json_end(j);
    json_karr(j, "left_out");
    json_end(j);
    return similar(t, j, d->title, d->subject_id, e);
}

/* The text itself is read on the page that confirms it. */
static enum tb_code policy(struct talk *t, struct json *j, const struct draft *d,
                           const struct json_value *body, struct tb_err *e)
{
    static const char *const empty[] = { "clauses", "sentences", "left_out", "similar" };

    (void)t;
    (void)body;
    json_kstr(j, "question", d->title);
    json_kstr(j, "exchange", STR(""));
    json_kstr(j, "model", STR(""));
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        json_karr(j, empty[i]);
        json_end(j);
    }
    return e->code;
}

/* What was asked stands above what is to be answered. */
static enum tb_code reply(struct talk *t, struct json *j, const struct draft *d,
                          const struct json_value *body, struct tb_err *e)
{
    static const char *const empty[] = { "clauses", "left_out", "similar" };
    const struct json_value *list = json_get(body, "sentences");
    struct work_order o;

    if (work_order_of_id(t, d->subject_id, &o, e))
        return e->code;
    json_kstr(j, "question",
              arena_printf(&t->mem, "%.*s\n%.*s", STR_FMT(o.title), STR_FMT(o.text)));
    json_kstr(j, "exchange", STR(""));
    json_kstr(j, "model", STR(""));
    json_karr(j, "sentences");
    for (size_t i = 0; i < json_len(list); i++) {
        json_obj(j);
        json_kint(j, "n", (int64_t)i + 1);
        json_kstr(j, "text", json_get_str(json_at(list, i), "text"));
        json_kbool(j, "quoted", false);
        json_kstr(j, "state", STR("none"));
        json_kreal(j, "cover", 0);
        json_karr(j, "citations");
        json_end(j);
        json_end(j);
    }
    json_end(j);
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        json_karr(j, empty[i]);
        json_end(j);
    }
    return TB_OK;
}

typedef enum tb_code (*content)(struct talk *t, struct json *j, const struct draft *d,
                                const struct json_value *body, struct tb_err *e);

static const content contents[DRAFT_KINDS] = {
    [DRAFT_ANSWER] = answer,
    [DRAFT_STANDARD] = standard,
    [DRAFT_POLICY] = policy,
    [DRAFT_REPLY] = reply,
};

enum tb_code review_content(struct talk *t, struct json *j, const struct draft *d, struct tb_err *e)
{
    const struct json_value *body;

    if (json_read(&t->mem, d->body, &body, e))
        return e->code;
    return contents[d->kind](t, j, d, body, e);
}
