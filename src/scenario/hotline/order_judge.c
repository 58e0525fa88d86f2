/* What the triage says of a new order: kept as JSON beside it, shown to the seat as suggestions.
 * Nothing is dispatched by it alone. */
#include "guard/mask.h"
#include "scenario/hotline/order.h"

/* The words that decided come out of what was written: none may carry what is masked. */
static bool tells(const struct mask *hide, struct str word)
{
    for (size_t i = 0; i < hide->n; i++)
        if (word.n && (str_has(hide->items[i].value, word) || str_has(word, hide->items[i].value)))
            return true;
    return false;
}

static void say_choice(struct json *j, const char *key, const struct triage_choice *c,
                       struct str name, const struct mask *hide)
{
    json_kobj(j, key);
    json_kstr(j, "value", c->value);
    if (name.n)
        json_kstr(j, "name", name);
    json_kreal(j, "sure", c->sure);
    json_kbool(j, "certain", c->certain);
    json_karr(j, "words");
    for (size_t i = 0; i < c->word_n; i++)
        if (!tells(hide, c->words[i]))
            json_str(j, c->words[i]);
    json_end(j);
    json_end(j);
}

static void say_departments(struct json *j, const struct triage_verdict *v, const struct mask *hide)
{
    say_choice(j, "department", &v->department, v->department_name, hide);
    json_kstr(j, "duty", v->duty);
    json_kstr(j, "duty_at", v->duty_at);
    json_karr(j, "candidates");
    for (size_t i = 0; i < v->candidate_n; i++) {
        json_obj(j);
        json_kstr(j, "value", v->candidates[i].value);
        json_kreal(j, "sure", v->candidates[i].sure);
        json_end(j);
    }
    json_end(j);
    json_karr(j, "helpers");
    for (size_t i = 0; i < v->helper_n; i++)
        json_str(j, v->helpers[i]);
    json_end(j);
    json_kstr(j, "accused", v->accused);
}

/* Two matters in one: the seat is offered to split them. */
static void say_parts(struct talk *t, struct json *j, const struct triage_verdict *v,
                      struct mask *hide)
{
    struct tb_err why = TB_ERR_INIT;

    json_karr(j, "parts");
    for (size_t i = 0; i < v->part_n; i++) {
        struct str text;

        if (mask_more(&t->mem, hide, v->parts[i].text, &text, &why))
            continue;
        json_obj(j);
        json_kstr(j, "text", text);
        json_kstr(j, "class1", v->parts[i].class1);
        json_kstr(j, "department", v->parts[i].department);
        json_end(j);
    }
    json_end(j);
}

static struct str verdict_json(struct talk *t, const struct triage_verdict *v, struct mask *hide)
{
    static const char *const levels[TRIAGE_LEVELS] = { "class1", "class2", "class3" };
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    for (size_t i = 0; i < TRIAGE_LEVELS; i++)
        say_choice(&j, levels[i], &v->level[i], STR(""), hide);
    say_choice(&j, "kind", &v->kind_by, STR(""), hide);
    say_departments(&j, v, hide);
    say_choice(&j, "urgency", &v->urgency_by, str_z(order_urgency_title(v->urgency)), hide);
    say_choice(&j, "mood", &v->mood_by, STR(""), hide);
    json_kint(&j, "mood_level", v->mood);
    json_kbool(&j, "repeat", str_eqz(v->repeat.value, "1"));
    json_kbool(&j, "secret", str_eqz(v->secret.value, "1"));
    json_kstr(&j, "deadline", v->deadline);
    json_kint(&j, "deadline_days", v->deadline_days);
    say_parts(t, &j, v, hide);
    json_kbool(&j, "person", v->person);
    json_kbool(&j, "person_at_once", v->person_at_once);
    json_kstr(&j, "person_why", v->person_why);
    json_kint(&j, "model", v->model);
    json_end(&j);
    return arena_buf(&t->mem, &b);
}

void order_judge_fill(struct talk *t, const struct order_form *f, struct mask *hide,
                      struct work_order *o)
{
    const struct hotline *h = t->at->hotline;
    struct triage_verdict *v;

    if (!h || !h->judge.judge)
        return;
    v = ARENA_NEW(&t->mem, struct triage_verdict);
    h->judge.judge(h->judge.self, f->title, f->text, &t->mem, v);
    o->class1 = v->level[0].value;
    o->class2 = v->level[1].value;
    o->class3 = v->level[2].value;
    if (o->kind == ORDER_KIND_NONE && v->kind_by.value.n)
        o->kind = (enum order_kind)((int)v->kind + 1); /* the same five in the same order */
    o->urgency = v->person_at_once ? ORDER_URGENCIES - 1 : (int64_t)v->urgency;
    o->secret = o->secret || str_eqz(v->secret.value, "1");
    o->verdict = verdict_json(t, v, hide);
}

struct str order_judge_late(struct talk *t, const struct work_order *o)
{
    const struct hotline *h = t->at->hotline;
    struct triage_verdict *v;
    struct mask *hide;

    if (o->verdict.n || (o->state != ORDER_INTAKE && o->state != ORDER_RETURNED) || !h ||
        !h->judge.judge)
        return o->verdict;
    v = ARENA_NEW(&t->mem, struct triage_verdict);
    hide = ARENA_NEW(&t->mem, struct mask);
    h->judge.judge(h->judge.self, o->title, o->text, &t->mem, v);
    return verdict_json(t, v, hide);
}
