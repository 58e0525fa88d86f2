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

struct place { /* one standing of a number in the passage */
    size_t line, fact;
    struct str lead;
    bool own_number; /* the person's own number falls into a range that leads to it */
};

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

static struct place place_of(struct arena *a, const struct support_ground *g,
                             const struct ground_passage *v, size_t line, size_t fact)
{
    const struct segment *w = &v->lines.v[line];
    struct str before = lead(w->text, &w->facts, fact);
    struct fact_list facts = facts_of(a, before);

    return (struct place){ line, fact, before, range_holds_any(before, &facts, &g->asked) };
}

/* Enough speaks for this standing against that one? In one line the first number's lead begins with
 * what holds for all: only as many parts of both are weighed as the shorter one has. */
static bool stands_out(struct arena *a, const struct place *own, const struct place *rival,
                       const struct pairs *claim)
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

static bool stands_out_here(struct arena *a, const struct support_ground *g,
                            const struct ground_passage *v, const struct place *own,
                            const struct pairs *claim)
{
    const struct fact *f = &v->lines.v[own->line].facts.v[own->fact];

    for (size_t i = 0; i < v->lines.n; i++)
        for (size_t k = 0; k < v->lines.v[i].facts.n; k++) {
            const struct fact *other = &v->lines.v[i].facts.v[k];
            struct place rival;

            if (!same_kind(f, other) || fact_same(f, other))
                continue;
            rival = place_of(a, g, v, i, k);
            if (!stands_out(a, own, &rival, claim))
                return false;
        }
    return true;
}

/* True when the number stands in the passage but never where the sentence's words would put it. */
static bool misplaced(struct arena *a, const struct support_ground *g,
                      const struct ground_passage *v, struct str sentence,
                      const struct fact_list *facts, size_t i)
{
    struct pairs claim = pairs_of(a, claim_about(sentence, facts, i));
    bool seen = false;

    for (size_t line = 0; line < v->lines.n; line++)
        for (size_t k = 0; k < v->lines.v[line].facts.n; k++) {
            struct place own;

            if (!fact_same(&facts->v[i], &v->lines.v[line].facts.v[k]))
                continue;
            seen = true;
            own = place_of(a, g, v, line, k);
            if (stands_out_here(a, g, v, &own, &claim))
                return false;
        }
    return seen;
}

bool choice_wrong(struct arena *a, const struct support_ground *g, const struct ground_passage *v,
                  struct str sentence, const struct fact_list *facts)
{
    for (size_t i = 0; i < facts->n; i++)
        if (is_value(sentence, &facts->v[i]) && misplaced(a, g, v, sentence, facts, i))
            return true;
    return false;
}
