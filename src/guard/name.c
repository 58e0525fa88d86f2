#include "guard/name.h"

#include "base/utf8.h"
#include "guard/mask_int.h"
#include "guard/name_table.h"
#include "name_table.inc"

enum { /* characters */
       BACK = 6,
       CLAUSE = 60,
       AHEAD = 6,
       WINDOW = BACK + CLAUSE + AHEAD,
       WORD_MAX = 4,
       FOREIGN_MAX = 8
};
/* Costs, tenths of a natural logarithm; found by trying them on marked text. */
enum {
    NONE = 255,
    UNKNOWN = 150,
    SEVERAL = 1 << 24,
    SINGLE_FROM = 52, /* characters that are words by themselves more seldom cost more, */
    SINGLE_MORE = 14,
    PURE_MORE = 12, /* surnames more still */
    NAME_PRIOR = 52,
    TWO = 12,
    THREE = 4,
    GIVEN_UNKNOWN = 92,
    BEFORE_WORD = -28,
    ANNOUNCED = -50,
    AFTER_WORD = -24,
    AFTER_WEAK = -12,
    AT_EDGE = -6,
    IN_LIST = -20,
    AFTER_DIGIT = 20,
    NO_AFTER = 45,
    LAST_PLACE = 90,
    LAST_MAY_BE_PLACE = 30,
    LEAVES_ONE = 25,  /* a character alone after it, at the end of the clause */
    LAST_FAMILY = 30, /* 蒋家, 谢氏 */
    VAGUE_TWO = 22,   /* the surname is a word too and nothing beside it says that it is a name */
    VAGUE_THREE = 8,
    SPEAKER = -50, /* 金石开：… */
    FOREIGN_PRIOR = 30,
    FOREIGN_CHAR = 50,
    FOREIGN_SHORT = 40,
    FOREIGN_CONTEXT = -20
};

struct window {
    uint32_t c[WINDOW];
    uint32_t at[WINDOW + 1]; /* bytes */
    size_t n, from, to;      /* the clause is [from, to) */
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
        int worth = v == 2 ? ANNOUNCED : v ? BEFORE_WORD : 0;

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
    if (k < i && word_before(w, k))
        return word_before(w, k) + AT_EDGE;
    if (c >= '0' && c <= '9')
        return AFTER_DIGIT;
    return is_punctuation(c) ? AT_EDGE : 0;
}

static int after(const struct window *w, size_t i)
{
    size_t from = i, left;
    uint32_t c = i < w->n ? w->c[i] : 0;

    if (joins(c))
        return IN_LIST;
    while (from < w->n && from < i + 2 && is_punctuation(w->c[from]) && w->c[from] != 0x3002)
        from++;
    left = w->n - from;
    for (size_t n = left < 4 ? left : 4; n > 0; n--)
        if (look(NAME_AFTER, &w->c[from], n))
            return n > 1 ? AFTER_WORD : AFTER_WEAK;
    for (size_t n = left < 3 ? left : 3; n > 0 && from == i; n--)
        if (look(NAME_NO_AFTER, &w->c[i], n))
            return NO_AFTER;
    return is_punctuation(c) ? AT_EDGE : 0;
}

/* ---- the search ---- */

enum { WORD, NAME, FOREIGN_NAME, FOREIGN_OTHER };
struct search {
    const struct window *w;
    int best[WINDOW + 1];
    uint8_t from[WINDOW + 1], what[WINDOW + 1];
};

static void reach(struct search *z, size_t from, size_t to, int cost, int what)
{
    int whole = z->best[from] + cost;

    if (whole >= z->best[to])
        return;
    z->best[to] = whole;
    z->from[to] = (uint8_t)from;
    z->what[to] = (uint8_t)what;
}

static void words_from(struct search *z, size_t i)
{
    const struct window *w = z->w;
    uint32_t c = w->c[i];
    int one = (int)single_of(c);
    uint64_t h = name_hash_add(name_hash_begin(NAME_WORD), c);

    if (one >= SINGLE_FROM)
        one += SINGLE_MORE + (flags_of(c) & NAME_IS_PURE ? PURE_MORE : 0);
    reach(z, i, i + 1, one, WORD);
    for (size_t n = 2; n <= WORD_MAX && i + n <= w->to; n++) {
        unsigned v;

        h = name_hash_add(h, w->c[i + n - 1]);
        v = slot_of(h);
        if (v && v != NONE)
            reach(z, i, i + n, (int)v, WORD);
    }
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
    return n == 2 && look(NAME_AFTER, &w->c[at], 2);
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
    if (two && (last == 0x5bb6 || last == 0x6c0f || last == 0x59d3))
        cost += LAST_FAMILY;
    if (beside > AFTER_WEAK + AT_EDGE && !(flags_of(w->c[from]) & NAME_IS_PURE))
        cost += two ? VAGUE_TWO : VAGUE_THREE;
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

        if (v == NONE)
            return;
        cost += (int)v;
        if (is_title(w, i + surname_n, n) ||
            (is_digit(w->c[end - 1]) && end < w->n && is_digit(w->c[end])))
            return;
        if (!known)
            left = before(w, i);
        known = true;
        reach(z, i, end, cost + name_cost(w, i, end, left), NAME);
    }
}

static void foreign_from(struct search *z, size_t i)
{
    const struct window *w = z->w;

    for (size_t n = 1; n <= FOREIGN_MAX && i + n <= w->to; n++) {
        bool short_one = n == 2;

        if (!(flags_of(w->c[i + n - 1]) & NAME_IS_FOREIGN))
            return;
        if (n < 2)
            continue;
        reach(z, i, i + n, FOREIGN_PRIOR + FOREIGN_CHAR * (int)n + (short_one ? FOREIGN_SHORT : 0),
              n > 2 && before(w, i) + after(w, i + n) <= FOREIGN_CONTEXT ? FOREIGN_NAME
                                                                         : FOREIGN_OTHER);
    }
}

static void search_all(struct search *z)
{
    const struct window *w = z->w;

    for (size_t i = w->from; i <= w->to; i++)
        z->best[i] = SEVERAL;
    z->best[w->from] = 0;
    for (size_t i = w->from; i < w->to; i++) {
        unsigned s = surname_of(w->c[i]);

        words_from(z, i);
        if (s != NONE)
            names_from(z, i, 1, (int)s);
        if (i + 2 < w->to && look(NAME_LONG, &w->c[i], 2))
            names_from(z, i, 2, 70);
        if (flags_of(w->c[i]) & NAME_IS_FOREIGN)
            foreign_from(z, i);
    }
}

/* ---- the clause ---- */

static bool in_clause(uint32_t c)
{
    return is_table_han(c) || c == 0xb7 || c == 0x2022;
}

static void window_read(struct str s, size_t at, struct window *w)
{
    size_t from = at, back;

    for (int i = 0; i < CLAUSE / 2 && from > 0; i++) {
        back = from;
        if (!in_clause(mask_back(s, &back)))
            break;
        from = back;
    }
    back = from;
    for (int i = 0; i < BACK && back > 0; i++)
        mask_back(s, &back);
    w->n = 0;
    while (back < from) {
        w->at[w->n] = (uint32_t)back;
        w->c[w->n++] = utf8_next(s, &back);
    }
    w->from = w->to = w->n;
    while (back < s.n && w->n < WINDOW) {
        size_t here = back;
        uint32_t c = utf8_next(s, &back);
        bool inside = w->to == w->n && in_clause(c) && w->n < w->from + CLAUSE;

        if (!inside && w->n >= w->to + AHEAD)
            break;
        w->at[w->n] = (uint32_t)here;
        w->c[w->n++] = c;
        w->to += inside;
        w->at[w->n] = (uint32_t)back;
    }
}

static void take_place(struct name_clause *out, struct name_place p)
{
    if (out->n < NAME_FOUND)
        out->v[out->n++] = p;
}

/* 丹尼斯·霍珀: two that a dot joins are one. */
static bool joined(struct str s, const struct name_place *a, const struct name_place *b)
{
    size_t at = a->to;
    uint32_t c = mask_peek(s, at);

    if (c != 0xb7 && c != 0x2022 && c != '-' && c != 0xff0d && c != 0x30fb)
        return false;
    utf8_next(s, &at);
    return at == b->from;
}

void name_clause(struct str s, size_t at, struct name_clause *out)
{
    struct window w;
    struct search z = { .w = &w };
    struct name_place list[WINDOW];
    bool foreign[WINDOW];
    size_t n = 0, i;

    window_read(s, at, &w);
    search_all(&z);
    *out = (struct name_clause){ .to = w.at[w.to] };
    for (i = w.to; i > w.from; i = z.from[i])
        if (z.what[i] != WORD) {
            foreign[n] = z.what[i] == FOREIGN_OTHER;
            list[n++] = (struct name_place){ w.at[z.from[i]], w.at[i] };
        }
    while (n-- > 0) {
        bool whole = !foreign[n];
        struct name_place p = list[n];

        while (n > 0 && joined(s, &p, &list[n - 1])) {
            p.to = list[--n].to;
            whole = true;
        }
        if (whole)
            take_place(out, p);
    }
}

/* ---- quick looks ---- */

bool name_may_begin(uint32_t c)
{
    return surname_of(c) != NONE;
}

/* The least that a name can cost here against what the words cost: most surnames are parts of
 * words. */
bool name_worth(struct str s, size_t at)
{
    size_t next = at, back = at;
    uint32_t a = utf8_next(s, &next), b = mask_peek(s, next), before_a = mask_back(s, &back);
    int name = (int)surname_of(a), given = (int)given_of(b), words, pair;

    if (given == NONE)
        return false;
    if (look(NAME_LONG, (uint32_t[]){ a, b }, 2))
        return true;
    if (before_a == 0x53eb || before_a == 0xff1a || before_a == ':') /* 叫 */
        return true;
    words = (int)(single_of(a) + single_of(b)) + 2 * SINGLE_MORE + PURE_MORE;
    pair = (int)pair_of(a, b);
    if (pair < words)
        words = pair;
    if (name + given >= words + 18)
        return false;
    if (!is_table_han(before_a) || at == 0)
        return true;
    pair = (int)pair_of(before_a, a);
    return pair == NONE || NAME_PRIOR + name + given - 60 + (int)single_of(before_a) <
                               pair + (int)single_of(b) + SINGLE_MORE;
}

bool name_may_go_on(uint32_t c)
{
    return given_of(c) != NONE && !look(NAME_AFTER, &c, 1);
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
