#include "guard/name.h"

#include "base/utf8.h"
#include "guard/mask_int.h"
#include "guard/name_int.h"
#include "name_table.inc"

#include <assert.h>
#include <string.h>

enum { /* characters */
       WORD_MAX = 4,
       BESIDE = 6,          /* what is looked at before and after the words */
       BACK = WORD_MAX - 1, /* no word that covers the place begins earlier */
       AHEAD = 8,
       SHORT = 4,  /* no name of ours is longer */
       STARTS = 4, /* names that begin so near compete */
       WINDOW = BESIDE + BACK + AHEAD + BESIDE
};
/* Costs, tenths of a natural logarithm; found by trying them on marked text. */
enum {
    SEVERAL = 1 << 24,
    SINGLE_FROM = 60, /* characters that are words by themselves more seldom cost more, */
    SINGLE_MORE = 10,
    PURE_MORE = 18, /* surnames more still */
    WORD_AMISS = 18,
    NAME_PRIOR = 48,
    LONG_SURNAME = 58,
    TWO = 34,
    THREE = 4,
    GIVEN_UNKNOWN = NAME_GIVEN_UNKNOWN,
    BEFORE_WORD = -72,
    ANNOUNCED = -55,
    AFTER_WORD = -54,
    AFTER_WEAK = -16,
    AT_EDGE = -6,
    BESIDE_WEAK = -12,
    IN_LIST = -16,
    AFTER_DIGIT = 20,
    NO_AFTER = 75,
    LAST_PLACE = 90,
    LAST_MAY_BE_PLACE = 30,
    LEAVES_ONE = 45, /* a character alone after it, at the end of the clause */
    PLACE_INSIDE = 45,
    AFTER_PLACE = 34, /* 果园镇田涵社区 */
    LAST_FAMILY = 30, /* 蒋家, 谢氏 */
    VAGUE_TWO = -16,  /* the surname is a word too and nothing beside it says that it is a name */
    GIVEN_OFTEN = 46,
    BOTH_OFTEN = 8,
    RARE_VAGUE = 16, /* and few bear it */
    VAGUE_THREE = 8,
    SPEAKER = -50,      /* 金石开：… */
    BEST_BESIDE = -150, /* more than this nothing beside a name takes off, nearly */
    FOREIGN_PRIOR = 34,
    FOREIGN_CHAR = 50,
    FOREIGN_SHORT = 40,
    FOREIGN_CONTEXT = -16,
    FOREIGN_CONTEXT_LONG = -20
};

static_assert(2 * SINGLE_MORE + PURE_MORE + WORD_AMISS == NAME_SINGLES_MORE, "name_can_begin");

struct window {
    uint32_t c[WINDOW];
    uint32_t at[WINDOW + 1]; /* bytes */
    size_t n, from, to;      /* Han characters without a break: [from, to) */
    size_t here;             /* the place looked at */
};

/* ---- the table ---- */

static unsigned look(enum name_list list, const uint32_t *c, size_t n)
{
    uint64_t h = name_hash_begin(list);

    for (size_t i = 0; i < n; i++)
        h = name_hash_add(h, c[i]);
    return slot_of(h) & 0xff;
}

/* ---- what stands beside it ---- */

static bool is_punctuation(uint32_t c)
{
    return c == 0 || (c >= 0x3000 && c < 0x3040 && c != 0x3007) || (c >= 0xff00 && c < 0xff10) ||
           (c > 0xff19 && c < 0xff21) || (c >= 0x2000 && c < 0x2070) ||
           (c < 0x80 && !mask_is_alnum(c));
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '\t' || c == 0x3000 || c == 0xa0;
}

static bool joins(uint32_t c) /* 、和与及 */
{
    return c == 0x3001 || c == 0x548c || c == 0x4e0e || c == 0x53ca;
}

/* Can a word of a list beside names end, or begin, with c? Signs are not asked about. */
static bool may_stand(uint32_t c, unsigned flag)
{
    return !is_table_han(c) || flags_of(c) & flag;
}

/* What the words that end before i are worth. */
static int word_before(const struct window *w, size_t i)
{
    int best = 0;

    if (i == 0 || !may_stand(w->c[i - 1], NAME_ENDS_BEFORE))
        return 0;
    for (size_t n = 1; n <= 4 && n <= i; n++) {
        unsigned v = look(NAME_BEFORE, &w->c[i - n], n);
        int worth = v == 2 ? ANNOUNCED : v == 3 ? BESIDE_WEAK : v ? BEFORE_WORD : 0;

        best = worth < best ? worth : best;
    }
    return best;
}

static int before(const struct window *w, size_t i)
{
    size_t k = i;
    uint32_t c = i ? w->c[i - 1] : 0;
    int word;

    if (i == 0)
        return AT_EDGE;
    if ((word = word_before(w, i)))
        return word;
    if (joins(c))
        return IN_LIST;
    while (k > 0 && (is_blank(w->c[k - 1]) || w->c[k - 1] == ':' || w->c[k - 1] == 0xff1a ||
                     w->c[k - 1] == 0xff08 || w->c[k - 1] == '('))
        k--;
    if (k < i && word_before(w, k) == ANNOUNCED) /* a title and a colon only greet */
        return ANNOUNCED + AT_EDGE;
    for (k = i; k > 0 && is_blank(w->c[k - 1]);)
        k--;
    if (k < i && word_before(w, k) <= BEFORE_WORD)
        return BEFORE_WORD;
    if (c >= '0' && c <= '9')
        return AFTER_DIGIT;
    if (c == 0x9547 || c == 0x4e61 || c == 0x53bf || c == 0x5e02 || c == 0x533a) /* 镇乡县市区 */
        return AFTER_PLACE;
    return is_punctuation(c) ? AT_EDGE : 0;
}

static bool is_latin(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* 珀尔克（Polke）: its letters behind it. */
static bool has_gloss(const struct window *w, size_t i)
{
    return i + 4 < w->n && (w->c[i] == '(' || w->c[i] == 0xff08) && is_latin(w->c[i + 1]) &&
           is_latin(w->c[i + 2]) && is_latin(w->c[i + 3]);
}

/* 楚财建〔2019〕3号: a document's number begins. */
static bool has_year(const struct window *w, size_t i)
{
    uint32_t c = i + 2 < w->n ? w->c[i] : 0;

    return (c == 0x3014 || c == '[' || c == 0xff3b || c == 0x3010) &&
           ((w->c[i + 1] == '2' && w->c[i + 2] == '0') ||
            (w->c[i + 1] == '1' && w->c[i + 2] == '9'));
}

static int after(const struct window *w, size_t i)
{
    size_t from = i, left;
    unsigned v;
    uint32_t c = i < w->n ? w->c[i] : 0;

    if (joins(c))
        return IN_LIST;
    if (has_year(w, i))
        return NO_AFTER;
    if (has_gloss(w, i))
        return AFTER_WORD;
    while (from < w->n && from < i + 2 && is_punctuation(w->c[from]) && w->c[from] != 0x3002)
        from++;
    left = w->n - from;
    if (from == i && i < w->n && !may_stand(c, NAME_BEGINS_AFTER))
        return 0;
    for (size_t n = left < 4 ? left : 4; n > 0; n--)
        if ((v = look(NAME_AFTER, &w->c[from], n)))
            return v == 3 ? BESIDE_WEAK : n > 1 ? AFTER_WORD : AFTER_WEAK;
    for (size_t n = left < 3 ? left : 3; n > 0 && from == i; n--)
        if (look(NAME_NO_AFTER, &w->c[i], n))
            return NO_AFTER;
    return is_punctuation(c) ? AT_EDGE : 0;
}

/* ---- the search ---- */

enum { NOTHING, NAME, FOREIGN_NAME, FOREIGN_OTHER };
struct search {
    const struct window *w;
    uint8_t word[WINDOW][WORD_MAX];
    int before[WINDOW + WORD_MAX + 1]; /* the least cost of words from the beginning to here */
    int after[WINDOW + WORD_MAX + 1];  /* and from here to the end */
    int best;                          /* of the whole */
    size_t from, to;                   /* what it takes for a name */
    int what;
};

static int single_cost(uint32_t c)
{
    int one = (int)single_of(c);

    return one < SINGLE_FROM ? one
                             : one + SINGLE_MORE + (flags_of(c) & NAME_IS_PURE ? PURE_MORE : 0);
}

static inline void relax(int *to, int cost)
{
    *to = cost < *to ? cost : *to;
}

/* What each character and each word costs, and the least costs by words alone to each place. Most
 * pairs begin no longer word. */
static void search_there(struct search *z)
{
    const struct window *w = z->w;

    for (size_t i = w->from + 1; i <= w->to; i++)
        z->before[i] = SEVERAL;
    z->before[w->from] = 0;
    for (size_t i = w->from; i < w->to; i++) {
        uint64_t h = name_hash_add(name_hash_begin(NAME_WORD), w->c[i]);
        unsigned v = NAME_MORE;

        z->word[i][0] = (uint8_t)single_cost(w->c[i]);
        relax(&z->before[i + 1], z->before[i] + z->word[i][0]);
        memset(&z->word[i][1], NONE, WORD_MAX - 1);
        for (size_t n = 2; n <= WORD_MAX && i + n <= w->to && (n > 3 || v & NAME_MORE); n++) {
            h = name_hash_add(h, w->c[i + n - 1]);
            v = slot_of(h);
            z->word[i][n - 1] = (uint8_t)((v & 0xff) - 1); /* 0, nothing, becomes NONE */
            if (v & 0xff)
                relax(&z->before[i + n], z->before[i] + (int)(v & 0xff) - 1);
        }
    }
    z->best = z->before[w->to];
}

/* And from each place. */
static void search_back(struct search *z)
{
    const struct window *w = z->w;

    for (size_t i = w->from; i < w->to; i++)
        z->after[i] = SEVERAL;
    z->after[w->to] = 0;
    for (size_t i = w->to; i-- > w->from;)
        for (size_t n = 1; n <= WORD_MAX && i + n <= w->to; n++)
            if (z->word[i][n - 1] != NONE)
                relax(&z->after[i], z->word[i][n - 1] + z->after[i + n]);
}

static void compete(struct search *z, size_t from, size_t to, int cost, int what)
{
    int whole = z->before[from] + cost + z->after[to];

    if (whole >= z->best)
        return;
    z->best = whole;
    z->from = from;
    z->to = to;
    z->what = what;
}

static bool is_digit(uint32_t c)
{
    bool han;
    char d = mask_figure(c, &han);

    return d >= '0' && d <= '9';
}

/* 李局长, 张老师: a title, no given name. */
static bool is_title(const struct window *w, size_t at, size_t n)
{
    return n == 1 ? (flags_of(w->c[at]) & NAME_IS_TITLE) != 0 : look(NAME_AFTER, &w->c[at], 2) == 1;
}

static int speaks(const struct window *w, size_t from, size_t to)
{
    uint32_t c = to < w->n ? w->c[to] : 0, b = from ? w->c[from - 1] : 0;
    bool begins = b == 0 || b == 0x3002 || b == 0xff01 || b == 0xff1f || b == '\n' || b == 0x3011;

    return (c == 0xff1a || c == ':') && begins ? SPEAKER : 0;
}

/* What a name at [from, to) costs beside its characters. */
static int name_cost(const struct window *w, size_t from, size_t to, int left)
{
    int beside = left + after(w, to) + speaks(w, from, to), cost = NAME_PRIOR + beside;
    bool two = to - from == 2;
    uint32_t last = w->c[to - 1];

    cost += two ? TWO : THREE;
    if (flags_of(last) & (NAME_IS_PLACE | NAME_MAY_BE_PLACE))
        cost += flags_of(last) & NAME_IS_PLACE ? LAST_PLACE : LAST_MAY_BE_PLACE;
    if (two && to + 1 == w->to && !(flags_of(w->c[to]) & NAME_IS_NEVER) &&
        !look(NAME_AFTER, &w->c[to], 1))
        cost += LEAVES_ONE;
    if (!two && flags_of(w->c[to - 2]) & NAME_IS_PLACE) /* 安镇祝 */
        cost += PLACE_INSIDE;
    if (!two && w->c[to - 2] == 0x5bb6) /* 伍家岭 */
        cost += LAST_FAMILY;
    if (two && (last == 0x5bb6 || last == 0x6c0f || last == 0x59d3))
        cost += LAST_FAMILY;
    if (!two && given_of(last) <= GIVEN_OFTEN && given_of(w->c[to - 2]) <= GIVEN_OFTEN)
        cost += BOTH_OFTEN;
    if (left >= AT_EDGE && from > 0 && flags_of(w->c[from]) & NAME_IS_PLACE &&
        is_table_han(w->c[from - 1])) /* 陡岭路佳阳小区 */
        cost += LAST_PLACE;
    if (beside > AFTER_WEAK + AT_EDGE && !(flags_of(w->c[from]) & NAME_IS_PURE))
        cost += (two ? VAGUE_TWO : VAGUE_THREE) + (surname_of(w->c[from]) > 66 ? RARE_VAGUE : 0);
    return cost;
}

static void names_from(struct search *z, size_t i, size_t surname_n, int cost)
{
    const struct window *w = z->w;
    int left = 0;
    bool known = false;

    for (size_t n = 1; n <= 2 && i + surname_n + n <= w->to; n++) {
        size_t end = i + surname_n + n;
        unsigned v = given_of(w->c[end - 1]);

        if (!known)
            left = before(w, i);
        known = true;
        if (v == NONE && left <= ANNOUNCED) /* 我叫邓要明 */
            v = GIVEN_UNKNOWN;
        if (v == NONE)
            return;
        cost += (int)v;
        if (is_title(w, i + surname_n, n))
            continue;
        if ((is_digit(w->c[end - 1]) && end < w->n && is_digit(w->c[end])))
            return;
        if (z->before[i] + NAME_PRIOR + THREE + cost + BEST_BESIDE + z->after[end] >= z->best)
            continue;
        compete(z, i, end, cost + name_cost(w, i, end, left), NAME);
    }
}

static void foreign_from(struct search *z, size_t i)
{
    const struct window *w = z->w;

    for (size_t n = 1; n <= FOREIGN_MAX && i + n <= w->to; n++) {
        int cost = FOREIGN_PRIOR + FOREIGN_CHAR * (int)n + (n == 2 ? FOREIGN_SHORT : 0);

        if (!(flags_of(w->c[i + n - 1]) & NAME_IS_FOREIGN))
            return;
        if (n < 2 || z->before[i] + cost + z->after[i + n] >= z->best)
            continue;
        compete(z, i, i + n, cost,
                n > 2 && before(w, i) + after(w, i + n) <=
                             (n > 3 ? FOREIGN_CONTEXT_LONG : FOREIGN_CONTEXT)
                    ? FOREIGN_NAME
                    : FOREIGN_OTHER);
    }
}

static void search_names(struct search *z)
{
    const struct window *w = z->w;

    for (size_t i = w->here; i < w->to && i < w->here + STARTS; i++) {
        unsigned s = surname_of(w->c[i]);

        if (s != NONE)
            names_from(z, i, 1, (int)s);
        if (i + 2 < w->to && look(NAME_LONG, &w->c[i], 2))
            names_from(z, i, 2, LONG_SURNAME);
    }
    for (size_t i = w->from; i < w->to && i < w->here + STARTS; i++)
        if (flags_of(w->c[i]) & NAME_IS_FOREIGN)
            foreign_from(z, i);
}

/* ---- the window ---- */

static void window_read(struct str s, size_t at, struct window *w)
{
    size_t next, back = at, n = 0, most;

    for (int i = 0; i < BESIDE + BACK && back > 0; i++)
        back = mask_step_back(s, back);
    for (next = back; next < at; n++) {
        w->at[n] = (uint32_t)next;
        w->c[n] = mask_char(s, &next);
    }
    w->here = w->from = n;
    while (w->from > 0 && w->from + BACK > w->here && is_table_han(w->c[w->from - 1]))
        w->from--;
    w->to = n + AHEAD; /* or where something else stands */
    for (most = w->to + BESIDE; next < s.n && n < most; n++) {
        w->at[n] = (uint32_t)next;
        w->c[n] = mask_char(s, &next);
        if (n < w->to && !is_table_han(w->c[n])) {
            w->to = n;
            most = n + BESIDE;
        }
    }
    w->to = w->to < n ? w->to : n;
    w->n = n;
    w->at[n] = (uint32_t)next;
}

/* ---- is there any hope? ---- */

/* Nine of ten places that a surname makes worth a look end here. A name that its words undercut by
 * its own end cannot win in the end, as what follows costs the same for both. */
struct near {
    uint32_t
        c[BACK + 1 + SHORT + 1]; /* the character before all, those around the place, the next */
    size_t from, here, to;       /* Han characters without a break, the place among them */
    int words[BACK + 1 + SHORT + 2]; /* the least cost of words from `from` to here */
};

static void near_read(struct str s, size_t at, struct near *n)
{
    size_t next, back = at;

    n->here = 0;
    while (n->here <= BACK && back > 0) {
        back = mask_step_back(s, back);
        n->here++;
    }
    for (size_t i = 0; i < n->here; i++)
        n->c[i] = mask_char(s, &back);
    n->from = n->to = n->here;
    while (n->from > 0 && n->from + BACK > n->here && is_table_han(n->c[n->from - 1]))
        n->from--;
    for (next = at;; n->to++) {
        n->c[n->to] = next < s.n ? mask_char(s, &next) : 0;
        if (n->to == n->here + SHORT || !is_table_han(n->c[n->to]))
            break;
    }
}

static void near_words(struct near *n)
{
    memset(n->words + n->from + 1, 0x7f, (n->to - n->from) * sizeof *n->words);
    n->words[n->from] = 0;
    for (size_t i = n->from; i < n->to; i++) {
        uint64_t h = name_hash_add(name_hash_begin(NAME_WORD), n->c[i]);
        unsigned v = NAME_MORE;

        relax(&n->words[i + 1], n->words[i] + single_cost(n->c[i]));
        for (size_t k = 2; k <= WORD_MAX && i + k <= n->to && (k > 3 || v & NAME_MORE); k++) {
            h = name_hash_add(h, n->c[i + k - 1]);
            v = slot_of(h);
            if (v & 0xff)
                relax(&n->words[i + k], n->words[i] + (int)(v & 0xff) - 1);
        }
    }
}

/* The least that before() can be. */
static int least_before(const struct near *n)
{
    uint32_t c = n->here ? n->c[n->here - 1] : 0;
    struct window some;

    if (c && (is_blank(c) || c == ':' || c == 0xff1a || c == 0xff08 || c == '('))
        return ANNOUNCED + AT_EDGE;
    memcpy(some.c, n->c, n->here * sizeof *n->c);
    return before(&some, n->here);
}

/* And after(), the speaker's colon with it. */
static int least_after(const struct near *n, size_t end)
{
    uint32_t c = n->c[end];

    if (joins(c))
        return IN_LIST;
    if (is_table_han(c) && !(flags_of(c) & NAME_BEGINS_AFTER))
        return 0;
    return AFTER_WORD + (c == ':' || c == 0xff1a ? SPEAKER : 0);
}

static int least_cost(const struct near *n, size_t end, int left)
{
    uint32_t last = n->c[end - 1];
    int beside = left + least_after(n, end), cost = NAME_PRIOR + beside;
    bool two = end - n->here == 2;

    cost += two ? TWO : THREE;
    if (flags_of(last) & (NAME_IS_PLACE | NAME_MAY_BE_PLACE))
        cost += flags_of(last) & NAME_IS_PLACE ? LAST_PLACE : LAST_MAY_BE_PLACE;
    if (!two && given_of(last) <= GIVEN_OFTEN && given_of(n->c[end - 2]) <= GIVEN_OFTEN)
        cost += BOTH_OFTEN;
    if (beside > AFTER_WEAK + AT_EDGE && !(flags_of(n->c[n->here]) & NAME_IS_PURE))
        cost += two ? VAGUE_TWO : VAGUE_THREE;
    return cost;
}

static bool is_cheap(const struct near *n, int left)
{
    int cost = n->words[n->here] + (int)surname_of(n->c[n->here]);

    for (size_t end = n->here + 2; end <= n->here + 3 && end <= n->to; end++) {
        unsigned v = given_of(n->c[end - 1]);

        if (v == NONE && left > ANNOUNCED)
            return false;
        cost += v == NONE ? GIVEN_UNKNOWN : (int)v;
        if (cost + least_cost(n, end, left) < n->words[end])
            return true;
    }
    return false;
}

static bool is_hope(struct str s, size_t at)
{
    struct near n;
    const uint32_t *c;

    near_read(s, at, &n);
    if (n.to < n.here + 2)
        return false;
    c = &n.c[n.here];
    if (flags_of(c[0]) & flags_of(c[1]) & NAME_IS_FOREIGN &&
        (flags_of(c[2]) & NAME_IS_FOREIGN || name_is_dot(c[2])))
        return true;
    near_words(&n);
    return (surname_of(*c) != NONE && is_cheap(&n, least_before(&n))) || look(NAME_LONG, c, 2);
}

bool name_at(struct str s, size_t at, struct name_place *out)
{
    struct window w;
    struct search z;

    if (!is_hope(s, at))
        return false;
    z.w = &w;
    z.what = NOTHING;
    window_read(s, at, &w);
    search_there(&z);
    search_back(&z);
    search_names(&z);
    if (z.what == NOTHING || z.from != w.here)
        return false;
    *out = (struct name_place){ at, w.at[z.to] };
    if (z.what != NAME || w.at[z.to] - at > 6)
        out->to = name_behind_dot(s, out->to);
    return z.what != FOREIGN_OTHER || out->to > w.at[z.to];
}

/* ---- quick looks ---- */

bool name_may_begin(uint32_t c)
{
    return surname_of(c) != NONE || flags_of(c) & NAME_IS_FOREIGN;
}

/* The least that a name can cost here against what the words cost: most surnames are parts of
 * words. */
static bool surname_worth(struct str s, size_t at, uint32_t a, uint32_t b)
{
    size_t back = at;
    int name = (int)surname_of(a), given = (int)given_of(b), words, pair;
    uint32_t before_a;

    words = (int)(single_of(a) + single_of(b)) + 2 * SINGLE_MORE + PURE_MORE;
    if (given == NONE || name + given >= words + WORD_AMISS)
        return false;
    pair = (int)pair_of(a, b);
    if (name + given >= pair + WORD_AMISS)
        return look(NAME_LONG, (uint32_t[]){ a, b }, 2) != 0;
    before_a = mask_back(s, &back);
    if (!is_table_han(before_a))
        return true;
    words = pair < words ? pair : words;
    pair = (int)pair_of(before_a, a);
    return pair == NONE || NAME_PRIOR + name + given - 60 + (int)single_of(before_a) <
                               pair + (int)single_of(b) + SINGLE_MORE;
}

/* 我叫…, 联系人：… */
static bool after_call(struct str s, size_t at)
{
    return (at > 0 && s.p[at - 1] == ':') ||
           (at >= 3 && (memcmp(s.p + at - 3, "叫", 3) == 0 || memcmp(s.p + at - 3, "：", 3) == 0));
}

bool name_worth(struct str s, size_t at, uint32_t a)
{
    size_t next = at + 3;
    uint32_t b = next < s.n ? mask_char(s, &next) : 0;

    if (!is_table_han(b))
        return false;
    if (surname_of(a) != NONE && (surname_worth(s, at, a, b) || after_call(s, at)))
        return true;
    return flags_of(a) & flags_of(b) & NAME_IS_FOREIGN && next < s.n &&
           flags_of(mask_char(s, &next)) & NAME_IS_FOREIGN;
}

bool name_may_go_on(uint32_t c)
{
    return given_of(c) != NONE && !look(NAME_AFTER, &c, 1);
}

bool name_is_sure(struct str s)
{
    return s.n > 6 || flags_of(mask_peek(s, 0)) & NAME_IS_PURE;
}

bool name_is_word(struct str s)
{
    uint32_t c[WORD_MAX];
    size_t n = 0;

    for (size_t at = 0; at < s.n && n < WORD_MAX; n++)
        c[n] = utf8_next(s, &at);
    return look(NAME_WORD, c, n) != 0;
}

/* ---- forms ---- */

static const struct str labels[] = {
    W("姓名"),   W("姓 名"),  W("姓　名"), W("联系人"), W("申请人"), W("投诉人"),     W("举报人"),
    W("反映人"), W("户主"),   W("法人"),   W("负责人"), W("经办人"), W("收件人"),     W("当事人"),
    W("委托人"), W("代办人"), W("来访人"), W("来信人"), W("报案人"), W("房主"),       W("监护人"),
    W("签名"),   W("署名"),   W("收货人"), W("落款"),   W("本人"),   W("法定代表人"), { NULL, 0 }
};

/* How many characters of a name stand from *to on, which moves behind them; 张 伟 is one too. */
static size_t name_chars(struct str s, size_t *to)
{
    size_t at = *to, n = 0, blanks = 0;

    while (at < s.n && n < 5) {
        uint32_t c = utf8_next(s, &at);

        if (n == 1 && is_blank(c) && ++blanks < 3)
            continue;
        if (!is_table_han(c) || flags_of(c) & NAME_IS_NEVER)
            break;
        *to = at;
        n++;
    }
    return n;
}

size_t name_after_label(struct str s, size_t at, size_t *from)
{
    size_t n, to;

    while (at < s.n && is_blank(mask_peek(s, at)))
        utf8_next(s, &at);
    *from = to = at;
    if (!mask_ends(mask_label_before(s, at), labels))
        return 0;
    n = name_chars(s, &to);
    if (n < 2 || n > 4 || (to < s.n && is_table_han(mask_peek(s, to))))
        return 0;
    if (!name_may_begin(mask_peek(s, at)) && name_is_word(str_sub(s, at, to - at)))
        return 0;
    return to - at;
}
