#include "scenario/hotline/signals.h"

#include "scenario/hotline/phrase_set.h"
#include "scenario/hotline/signals_int.h"

static const char *const kinds[TRIAGE_KINDS] = { "咨询", "求助", "投诉", "举报", "建议" };
static const char *const urgencies[TRIAGE_URGENCIES] = { "一般", "较急", "紧急", "特急" };
static const char *const moods[TRIAGE_MOODS] = { "满意", "平和", "不满", "激烈" };

const char *triage_kind_title(enum triage_kind k)
{
    return kinds[k];
}

const char *triage_urgency_title(enum triage_urgency u)
{
    return urgencies[u];
}

const char *triage_mood_title(enum triage_mood m)
{
    return moods[m];
}

const struct signal_costs *signals_costs(const struct signals *s)
{
    return &s->costs;
}

void triage_need_person(struct triage_verdict *v, struct arena *a, struct str why)
{
    v->person = true;
    v->person_why =
        v->person_why.n ? arena_printf(a, "%.*s\n%.*s", STR_FMT(v->person_why), STR_FMT(why)) : why;
}

struct sight { /* a message and what was found in it */
    const struct message *m;
    struct arena *a;
    struct phrase_hit *hits;
    size_t n;
};

static struct str words_of(const struct sight *s, const struct phrase_hit *h)
{
    return normal_utf8(s->a, (struct units){ s->m->c + h->at, h->n });
}

static void name_word(const struct sight *s, const struct phrase_hit *h, struct triage_choice *c)
{
    struct str word = words_of(s, h);

    for (size_t i = 0; i < c->word_n; i++)
        if (str_eq(c->words[i], word))
            return;
    if (c->word_n < TRIAGE_WORDS)
        c->words[c->word_n++] = word;
}

static bool in_title(const struct sight *s, const struct phrase_hit *h)
{
    return h->at < s->m->title_n;
}

/* ---- kind ---- */

static void read_kind(const struct sight *s, struct triage_verdict *v)
{
    double score[TRIAGE_KINDS] = { 0 }, all = 0;
    int best = TRIAGE_HELP; /* who asks for nothing in particular wants something done */

    for (size_t i = 0; i < s->n; i++) {
        const struct phrase_hit *h = &s->hits[i];

        if (h->list < TRIAGE_KINDS)
            score[h->list] +=
                (in_title(s, h) ? 3 : 1) * (str_eqz(words_of(s, h), kinds[h->list]) ? 3 : 1);
    }
    for (int k = 0; k < TRIAGE_KINDS; k++) {
        all += score[k];
        best = score[k] > score[best] ? k : best;
    }
    v->kind = (enum triage_kind)best;
    v->kind_by.value = str_z(kinds[best]);
    v->kind_by.sure = (score[best] + 0.3) / (all + 1);
    v->kind_by.certain = v->kind_by.sure >= 0.5;
    for (size_t i = 0; i < s->n; i++)
        if (s->hits[i].list == (uint32_t)best)
            name_word(s, &s->hits[i], &v->kind_by);
}

/* ---- one list, found or not ---- */

static void read_list(const struct sight *s, uint32_t list, struct triage_choice *c)
{
    size_t found = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->hits[i].list == list) {
            name_word(s, &s->hits[i], c);
            found += in_title(s, &s->hits[i]) ? 2 : 1;
        }
    c->value = found ? STR("1") : STR("");
    c->sure = !found ? 0.9 : found > 1 ? 0.95 : 0.85;
    c->certain = true;
}

static void read_mood(const struct sight *s, struct triage_verdict *v)
{
    static const enum triage_mood order[] = { TRIAGE_ANGRY, TRIAGE_UNHAPPY, TRIAGE_PLEASED };

    v->mood = TRIAGE_NEUTRAL;
    for (int i = 0; i < 3; i++) {
        read_list(s,
                  SIGNAL_PLEASED + (order[i] == TRIAGE_PLEASED   ? 0U
                                    : order[i] == TRIAGE_UNHAPPY ? 1U
                                                                 : 2U),
                  &v->mood_by);
        if (v->mood_by.value.n) {
            v->mood = order[i];
            break;
        }
    }
    v->mood_by.value = str_z(moods[v->mood]);
}

/* ---- urgency ---- */

static void read_urgency(const struct signals *t, const struct sight *s, struct triage_verdict *v)
{
    const struct signal_urgency *worst = NULL;

    for (size_t i = 0; i < s->n; i++) {
        uint32_t list = s->hits[i].list;
        const struct signal_urgency *u;

        if (list < SIGNAL_URGENCY || list >= SIGNAL_URGENCY + t->urgency_n)
            continue;
        u = &t->urgency[list - SIGNAL_URGENCY];
        v->person_at_once = v->person_at_once || (u->person && u->level == TRIAGE_AT_ONCE);
        if (!worst || u->level > worst->level)
            worst = u;
        if (u->person && !str_has(v->person_why, u->name)) /* each row once */
            triage_need_person(v, s->a, arena_printf(s->a, "%.*s：请立即查看", STR_FMT(u->name)));
    }
    v->urgency = worst ? worst->level : TRIAGE_CALM;
    v->urgency_by.sure = worst ? 0.85 : 0.9;
    v->urgency_by.certain = true;
    if (!worst)
        return;
    read_list(s, SIGNAL_URGENCY + (uint32_t)(worst - t->urgency), &v->urgency_by);
    v->urgency_by.value = worst->name;
}

/* ---- who is complained about, what may not go out ---- */

static void read_accused(const struct signals *t, const struct sight *s, struct triage_verdict *v)
{
    if (v->kind != TRIAGE_REPORT && v->kind != TRIAGE_COMPLAIN)
        return;
    for (size_t i = 0; i < s->n; i++) {
        const struct phrase_hit *who = &s->hits[i];

        if (who->list < SIGNAL_DEPARTMENT)
            continue;
        for (size_t k = 0; k < s->n; k++)
            if (s->hits[k].list == SIGNAL_ACCUSED && s->hits[k].at >= who->at + who->n &&
                s->hits[k].at < who->at + who->n + SIGNAL_NEAR) {
                v->accused = t->departments[who->list - SIGNAL_DEPARTMENT];
                return;
            }
    }
}

static void read_secret(const struct signals *t, const struct sight *s, struct triage_verdict *v)
{
    read_list(s, SIGNAL_SECRET, &v->secret);
    if (!v->secret.value.n && v->kind == TRIAGE_REPORT) { /* 举报人一律保密 */
        v->secret.value = STR("1");
        v->secret.sure = v->kind_by.sure;
        v->secret.words[v->secret.word_n++] = STR("举报");
    }
    read_accused(t, s, v);
    if (v->accused.n)
        triage_need_person(v, s->a, STR("诉求针对的是承办部门自己，不能转给它，请另行指定"));
}

/* ---- deadline ---- */

static void read_deadline(const struct signals *t, struct triage_verdict *v)
{
    for (size_t i = 0; i < t->deadline_n; i++) {
        const struct signal_deadline *d = &t->deadlines[i];

        if ((d->urgency < 0 || d->urgency == (int)v->urgency) &&
            (d->kind < 0 || d->kind == (int)v->kind)) {
            v->deadline = d->name;
            v->deadline_days = d->days;
            return;
        }
    }
}

static struct sight look(const struct signals *t, const struct message *m, struct arena *a)
{
    struct sight s = { m, a, arena_alloc(a, PHRASE_HITS * sizeof(*s.hits)), 0 };

    s.n = phrase_set_find(t->phrases, a, (struct units){ m->c, m->n }, s.hits);
    return s;
}

void signals_read(const struct signals *t, const struct message *m, struct arena *a,
                  struct triage_verdict *v)
{
    struct sight s = look(t, m, a);

    read_kind(&s, v);
    read_urgency(t, &s, v);
    read_mood(&s, v);
    read_list(&s, SIGNAL_REPEAT, &v->repeat);
    read_secret(t, &s, v);
    read_deadline(t, v);
}

/* ---- two matters ---- */

static bool ends(uint16_t c)
{
    return c == 0x3002 || c == '!' || c == '?' || c == ';' || c == '\n' || c == '.' || c == ' ';
}

/* 2、 or 二、 at the beginning of a line or sentence. */
static bool numbered(const struct message *m, size_t i)
{
    static const uint16_t han[] = { 0x4e8c, 0x4e09, 0x56db }; /* 二三四 */
    bool figure = m->c[i] >= '2' && m->c[i] <= '4';

    for (size_t k = 0; k < 3; k++)
        figure = figure || m->c[i] == han[k];
    return figure && i > 0 && i + 1 < m->n && ends(m->c[i - 1]) &&
           (m->c[i + 1] == 0x3001 || m->c[i + 1] == '.' || m->c[i + 1] == ',');
}

size_t signals_turns(const struct signals *t, const struct message *m, struct arena *a, size_t *out,
                     size_t n)
{
    struct sight s = look(t, m, a);
    size_t found = 0;

    for (size_t i = m->title_n, h = 0; i < m->n && found < n; i++) {
        bool turn = numbered(m, i);

        while (h < s.n && s.hits[h].at < i)
            h++;
        for (size_t k = h; k < s.n && s.hits[k].at == i; k++)
            turn = turn || s.hits[k].list == SIGNAL_SPLIT;
        if (turn && (!found || i >= out[found - 1] + SIGNAL_NEAR))
            out[found++] = i;
    }
    return found;
}
