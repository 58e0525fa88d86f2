#include "guard/name.h"

#include "base/utf8.h"
#include "guard/mask_int.h"
#include "guard/name_table.h"
#include "name_table.inc"

enum { /* characters */
       WORD_MAX = 4,
       FOREIGN_MAX = 8,
       BESIDE = 6,          /* what is looked at before and after the words */
       BACK = WORD_MAX - 1, /* no word that covers the place begins earlier */
       AHEAD = 8,
       STARTS = 4, /* names that begin so near compete */
       WINDOW = BESIDE + BACK + AHEAD + BESIDE
};
/* Costs, tenths of a natural logarithm; found by trying them on marked text. */
enum {
    NONE = 255,
    UNKNOWN = 150,
    SEVERAL = 1 << 24,
    SINGLE_FROM = 52, /* characters that are words by themselves more seldom cost more, */
    SINGLE_MORE = 14,
    PURE_MORE = 18, /* surnames more still */
    NAME_PRIOR = 52,
    TWO = 8,
    THREE = 4,
    GIVEN_UNKNOWN = 112,
    BEFORE_WORD = -42,
    ANNOUNCED = -85,
    AFTER_WORD = -24,
    AFTER_WEAK = -12,
    AT_EDGE = -6,
    BESIDE_WEAK = -8,
    IN_LIST = -20,
    AFTER_DIGIT = 20,
    NO_AFTER = 75,
    LAST_PLACE = 90,
    LAST_MAY_BE_PLACE = 30,
    LEAVES_ONE = 45, /* a character alone after it, at the end of the clause */
    PLACE_INSIDE = 45,
    AFTER_PLACE = 22, /* 果园镇田涵社区 */
    LAST_FAMILY = 30, /* 蒋家, 谢氏 */
    VAGUE_TWO = 14,   /* the surname is a word too and nothing beside it says that it is a name */
    GIVEN_OFTEN = 50,
    BOTH_OFTEN = -22,
    RARE_VAGUE = 16, /* and few bear it */
    VAGUE_THREE = 8,
    SPEAKER = -50, /* 金石开：… */
    BEST_BESIDE = -90 /* more than this nothing beside a name takes off, nearly */,
    FOREIGN_PRIOR = 30,
    FOREIGN_CHAR = 50,
    FOREIGN_SHORT = 40,
    FOREIGN_CONTEXT = -20
};

struct window {
    uint32_t c[WINDOW];
    uint32_t at[WINDOW + 1]; /* bytes */
    size_t n, from, to;      /* Han characters without a break: [from, to) */
    size_t here;             /* the place looked at */
};

/* ---- the table ---- */

static bool is_table_han(uint32_t c)
{
    return c - NAME_HAN < NAME_HANS;
}

static unsigned single_of(uint32_t c)
{
    return is_table_han(c) ? name_single[c - NAME_HAN] : UNKNOWN;
}

static unsigned surname_of(uint32_t c)
{
    return is_table_han(c) ? name_surname[c - NAME_HAN] : NONE;
}

static unsigned flags_of(uint32_t c)
{
    return is_table_han(c) ? name_flags[c - NAME_HAN] : 0U;
}

static unsigned given_of(uint32_t c)
{
    unsigned v = is_table_han(c) ? name_given[c - NAME_HAN] : NONE;

    if (flags_of(c) & NAME_IS_NEVER)
        return NONE;
    return v == NONE && is_table_han(c) ? GIVEN_UNKNOWN : v;
}

/* What stands under h; 0: nothing. */
static unsigned slot_of(uint64_t h)
{
    uint32_t at = name_slot(h), mark = name_mark(h);

    while (name_slots[at] && (name_slots[at] & ~0xffU) != mark)
        at = (at + 1) & (NAME_SLOTS - 1);
    return name_slots[at] & 0xff;
}

static unsigned look(enum name_list list, const uint32_t *c, size_t n)
{
    uint64_t h = name_hash_begin(list);

    for (size_t i = 0; i < n; i++)
        h = name_hash_add(h, c[i]);
    return slot_of(h);
}

static unsigned pair_of(uint32_t a, uint32_t b)
{
    uint32_t w[2] = { a, b };
    unsigned v = look(NAME_WORD, w, 2);

    return v ? v : NONE;
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

/* What the words that end before i are worth. */
static int word_before(const struct window *w, size_t i)
{
    int best = 0;

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

    if (i == 0)
        return AT_EDGE;
    if (word_before(w, i))
        return word_before(w, i);
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

static int after(const struct window *w, size_t i)
{
    size_t from = i, left;
    unsigned v;
    uint32_t c = i < w->n ? w->c[i] : 0;

    if (joins(c))
        return IN_LIST;
    if (has_gloss(w, i))
        return AFTER_WORD;
    while (from < w->n && from < i + 2 && is_punctuation(w->c[from]) && w->c[from] != 0x3002)
        from++;
    left = w->n - from;
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

/* What each character and each word costs. */
static void weigh_words(struct search *z)
{
    const struct window *w = z->w;

    for (size_t i = w->from; i < w->to; i++) {
        uint64_t h = name_hash_add(name_hash_begin(NAME_WORD), w->c[i]);
        int one = (int)single_of(w->c[i]);

        if (one >= SINGLE_FROM)
            one += SINGLE_MORE + (flags_of(w->c[i]) & NAME_IS_PURE ? PURE_MORE : 0);
        z->word[i][0] = (uint8_t)one;
        for (size_t n = 2; n <= WORD_MAX; n++) {
            z->word[i][n - 1] = NONE;
            if (i + n > w->to)
                continue;
            h = name_hash_add(h, w->c[i + n - 1]);
            z->word[i][n - 1] = (uint8_t)(slot_of(h) - 1); /* 0, nothing, becomes NONE */
        }
    }
}

/* The least costs by words alone, to each place and from each place. */
static void search_words(struct search *z)
{
    const struct window *w = z->w;

    for (size_t i = w->from; i <= w->to; i++)
        z->before[i] = z->after[i] = SEVERAL;
    z->before[w->from] = z->after[w->to] = 0;
    for (size_t i = w->from; i < w->to; i++)
        for (size_t n = 1; n <= WORD_MAX && i + n <= w->to; n++) {
            int cost = z->before[i] + z->word[i][n - 1];

            if (z->word[i][n - 1] != NONE && cost < z->before[i + n])
                z->before[i + n] = cost;
        }
    for (size_t i = w->to; i-- > w->from;)
        for (size_t n = 1; n <= WORD_MAX && i + n <= w->to; n++) {
            int cost = z->word[i][n - 1] + z->after[i + n];

            if (z->word[i][n - 1] != NONE && cost < z->after[i])
                z->after[i] = cost;
        }
    z->best = z->before[w->to];
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
                n > 2 && before(w, i) + after(w, i + n) <= FOREIGN_CONTEXT ? FOREIGN_NAME
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
            names_from(z, i, 2, 70);
    }
    for (size_t i = w->from; i < w->to && i < w->here + STARTS; i++)
        if (flags_of(w->c[i]) & NAME_IS_FOREIGN)
            foreign_from(z, i);
}

/* ---- the window ---- */

/* The character at *at, which moves behind it. */
static uint32_t next_of(struct str s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;

    if (*p < 0x80) {
        *at += 1;
        return *p;
    }
    if (s.n - *at < 3 || (*p & 0xf0) != 0xe0 || ((p[1] ^ 0x80U) | (p[2] ^ 0x80U)) >= 0x40)
        return utf8_next(s, at);
    *at += 3;
    return (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
}

static void window_read(struct str s, size_t at, struct window *w)
{
    size_t next = at, back = at;

    for (int i = 0; i < BESIDE + BACK && back > 0; i++)
        mask_back(s, &back);
    w->n = 0;
    while (back < at) {
        w->at[w->n] = (uint32_t)back;
        w->c[w->n++] = next_of(s, &back);
    }
    w->here = w->from = w->to = w->n;
    while (w->from > 0 && w->from + BACK > w->here && is_table_han(w->c[w->from - 1]))
        w->from--;
    while (next < s.n && w->n < WINDOW && w->n < w->to + BESIDE) {
        w->at[w->n] = (uint32_t)next;
        w->c[w->n] = next_of(s, &next);
        if (w->to == w->n && w->n < w->here + AHEAD && is_table_han(w->c[w->n]))
            w->to++;
        w->n++;
    }
    w->at[w->n] = (uint32_t)next;
}

/* Is there more of a foreign name behind a dot? 丹尼斯·霍珀 */
static size_t behind_dot(struct str s, size_t at)
{
    size_t to = at, end, n;

    for (;;) {
        uint32_t c = mask_peek(s, to);

        if (c != 0xb7 && c != 0x2022 && c != 0x30fb && c != 0x2027)
            return at;
        utf8_next(s, &to);
        for (n = 0, end = to; n < FOREIGN_MAX; n++, to = end)
            if (!(flags_of(end < s.n ? utf8_next(s, &end) : 0) & NAME_IS_FOREIGN))
                break;
        if (n < 2)
            return at;
        at = to;
    }
}

bool name_at(struct str s, size_t at, struct name_place *out)
{
    struct window w;
    struct search z = { .w = &w };

    window_read(s, at, &w);
    weigh_words(&z);
    search_words(&z);
    search_names(&z);
    if (z.what == NOTHING || z.from != w.here)
        return false;
    *out = (struct name_place){ at, w.at[z.to] };
    out->to = z.what == NAME ? out->to : behind_dot(s, out->to);
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
    uint32_t before_a = mask_back(s, &back);
    int name = (int)surname_of(a), given = (int)given_of(b), words, pair;

    if (before_a == 0x53eb || before_a == 0xff1a || before_a == ':') /* 叫 */
        return true;
    if (given == NONE)
        return false;
    words = (int)(single_of(a) + single_of(b)) + 2 * SINGLE_MORE + PURE_MORE;
    if (name + given >= words + 18)
        return false;
    pair = (int)pair_of(a, b);
    if (name + given >= pair + 18)
        return look(NAME_LONG, (uint32_t[]){ a, b }, 2) != 0;
    if (!is_table_han(before_a) || at == 0)
        return true;
    words = pair < words ? pair : words;
    pair = (int)pair_of(before_a, a);
    return pair == NONE || NAME_PRIOR + name + given - 60 + (int)single_of(before_a) <
                               pair + (int)single_of(b) + SINGLE_MORE;
}

bool name_worth(struct str s, size_t at)
{
    size_t next = at;
    uint32_t a = next_of(s, &next), b = next < s.n ? next_of(s, &next) : 0;

    if (!is_table_han(b))
        return false;
    if (surname_of(a) != NONE && surname_worth(s, at, a, b))
        return true;
    return flags_of(a) & flags_of(b) & NAME_IS_FOREIGN && next < s.n &&
           flags_of(next_of(s, &next)) & NAME_IS_FOREIGN;
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

static const char *const labels[] = { "姓名",   "姓 名",      "姓　名", "联系人", "申请人",
                                      "投诉人", "举报人",     "反映人", "户主",   "法人",
                                      "负责人", "经办人",     "收件人", "当事人", "委托人",
                                      "代办人", "来访人",     "来信人", "报案人", "房主",
                                      "监护人", "签名",       "署名",   "收货人", "落款",
                                      "本人",   "法定代表人", NULL };

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
