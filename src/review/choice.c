#include "review/choice.h"

#include "review/range.h"

/* What a person is given or must keep to. Ages and the like are conditions, days of the calendar
 * (8月20日) are names: they speak for themselves. */
static bool is_value(struct str sentence, const struct fact *f)
{
    static const char *const units[] = { "元",       "万元", "亿元",   "%",        "％",
                                         "个百分点", "倍",   "分",     "份",       "个月",
                                         "日",       "天",   "工作日", "个工作日", "小时" };
    size_t at = (size_t)(f->text.p - sentence.p);

    if (at >= 3 && str_eqz(f->unit, "日") && str_eq(str_sub(sentence, at - 3, 3), STR("月")))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && f->kind == FACT_NUMBER; i++)
        if (str_eqz(f->unit, units[i]))
            return true;
    return false;
}

static bool same_kind(const struct fact *x, const struct fact *y)
{
    struct fact like = *y;

    like.value = x->value;
    return y->kind == FACT_NUMBER && fact_same(x, &like);
}

/* The words that lead to a number: from the last number of its kind, or from the line's begin. */
static struct str lead(struct str line, const struct fact_list *l, size_t i)
{
    const char *from = line.p;

    for (size_t k = 0; k < i; k++)
        if (same_kind(&l->v[i], &l->v[k]))
            from = l->v[k].text.p + l->v[k].text.n;
    return str_of(from, (size_t)(l->v[i].text.p - from));
}

/* A number at the sentence's begin is told apart by what follows it. */
static struct str claim_about(struct str sentence, const struct fact_list *l, size_t i)
{
    struct str before = lead(sentence, l, i);
    const char *to = sentence.p + sentence.n, *from = l->v[i].text.p + l->v[i].text.n;

    if (before.n >= 12)
        return before;
    for (size_t k = l->n; k-- > i + 1;)
        if (same_kind(&l->v[i], &l->v[k]))
            to = l->v[k].text.p;
    return str_of(from, (size_t)(to - from));
}

/* Bytes of a comma of any kind at the end of s, 0 if there is none. */
static size_t comma_at_end(struct str s)
{
    return str_ends(s, STR("，")) || str_ends(s, STR("、")) || str_ends(s, STR("：")) ? 3 : 0;
}

static size_t parts_of(struct str s)
{
    size_t n = 1;

    for (size_t end = 3; end < s.n; end++) /* a comma at the begin parts nothing */
        n += end > 3 && comma_at_end(str_sub(s, 0, end)) > 0;
    return n;
}

/* The last n parts between commas. */
static struct str last_parts(struct str s, size_t n)
{
    for (size_t from = s.n; from > 0; from--)
        if (comma_at_end(str_sub(s, 0, from)) && parts_of(str_from(s, from)) >= n &&
            str_trim(str_from(s, from)).n)
            return str_from(s, from);
    return s;
}

static struct ground_place place_of(struct arena *a, const struct fact_list *asked,
                                    const struct ground_passage *v, size_t line, size_t i)
{
    const struct segment *g = &v->lines.v[line];
    struct str before = lead(g->text, &g->facts, i);
    struct fact_list in_lead = facts_of(a, before);

    return (struct ground_place){ line, &g->facts.v[i], before,
                                  range_holds_any(before, &in_lead, asked) };
}

void choice_places(struct arena *a, const struct fact_list *asked, struct ground_passage *v)
{
    size_t cap = 0;

    for (size_t line = 0; line < v->lines.n; line++)
        for (size_t i = 0; i < v->lines.v[line].facts.n; i++) {
            if (v->lines.v[line].facts.v[i].kind != FACT_NUMBER)
                continue;
            v->places = arena_grow(a, v->places, v->place_n, &cap, sizeof(*v->places));
            v->places[v->place_n++] = place_of(a, asked, v, line, i);
        }
}

/* Enough speaks for this standing against that one? In one line the first number's lead begins with
 * what holds for all: only as many parts of both are weighed as the shorter one has. */
static bool stands_out(struct arena *a, const struct ground_place *own,
                       const struct ground_place *rival, const struct pairs *claim)
{
    size_t n = parts_of(own->lead), m = parts_of(rival->lead);
    bool one_line = own->line == rival->line;
    struct pairs x = pairs_of(a, one_line ? last_parts(own->lead, n < m ? n : m) : own->lead);
    struct pairs y = pairs_of(a, one_line ? last_parts(rival->lead, n < m ? n : m) : rival->lead);
    size_t for_own = pairs_common(&x, claim, &y), for_rival = pairs_common(&y, claim, &x);

    if (x.n == 0)
        return true; /* the clause itself does not tell them apart */
    if (own->own_number && !rival->own_number)
        return true;
    return for_own > 0 && for_own >= for_rival;
}

static bool stands_out_here(struct arena *a, const struct ground_passage *v,
                            const struct ground_place *own, const struct pairs *claim)
{
    for (size_t i = 0; i < v->place_n; i++) {
        const struct ground_place *rival = &v->places[i];

        if (same_kind(own->number, rival->number) && !fact_same(own->number, rival->number) &&
            !stands_out(a, own, rival, claim))
            return false;
    }
    return true;
}

/* True when the number stands in the passage but never where the sentence's words would put it. */
static bool misplaced(struct arena *a, const struct ground_passage *v, struct str sentence,
                      const struct fact_list *facts, size_t i)
{
    struct pairs claim = pairs_of(a, claim_about(sentence, facts, i));
    bool seen = false;

    for (size_t k = 0; k < v->place_n; k++) {
        if (!fact_same(&facts->v[i], v->places[k].number))
            continue;
        seen = true;
        if (stands_out_here(a, v, &v->places[k], &claim))
            return false;
    }
    return seen;
}

bool choice_wrong(struct arena *a, const struct ground_passage *v, struct str sentence,
                  const struct fact_list *facts)
{
    for (size_t i = 0; i < facts->n; i++)
        if (is_value(sentence, &facts->v[i]) && misplaced(a, v, sentence, facts, i))
            return true;
    return false;
}
