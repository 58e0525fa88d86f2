/* Run by the build: prints the table of guard/name.c (its form: src/guard/name_table.h) from ICU's
 * dictionary of Chinese words, which says how often each is used, and from our own lists in
 * src/guard/name_chars.h. So no dictionary of somebody else's stands in the repository. */
#include "../src/guard/name_table.h"
#include "../src/guard/name_chars.h"

#include <iconv.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/udata.h>

enum { WORD_MAX = 4, UNKNOWN = NAME_UNKNOWN, NO_NAME = NAME_NONE };

static uint32_t slots[NAME_SLOTS];
static uint8_t single[NAME_HANS], surname[NAME_HANS], given[NAME_HANS], flags[NAME_HANS];
static size_t used;

/* ---- the table ---- */

static uint32_t *find(enum name_list list, const uint16_t *w, int n)
{
    uint64_t h = name_hash_begin(list);
    uint32_t at;

    for (int i = 0; i < n; i++)
        h = name_hash_add(h, w[i]);
    for (at = name_slot(h); slots[at] && (slots[at] & NAME_MARK) != name_mark(h);
         at = (at + 1) & (NAME_SLOTS - 1))
        ;
    return &slots[at];
}

static void put(enum name_list list, const uint16_t *w, int n, int cost)
{
    uint64_t h = name_hash_begin(list);
    uint32_t *slot = find(list, w, n);

    for (int i = 0; i < n; i++)
        h = name_hash_add(h, w[i]);
    if (!*slot && ++used * 10 > NAME_SLOTS * 7UL) {
        fprintf(stderr, "name_table: too many words\n");
        exit(1);
    }
    *slot = name_mark(h) | (*slot & NAME_MORE) | (uint32_t)cost;
}

/* Two characters that a longer word begins with; they need not be a word. */
static void put_more(const uint16_t *w)
{
    uint32_t v = *find(NAME_WORD, w, 2);

    put(NAME_WORD, w, 2, (int)(v & 0xff));
    *find(NAME_WORD, w, 2) |= NAME_MORE;
}

static int cost_of(const uint16_t *w, int n)
{
    uint32_t v = *find(NAME_WORD, w, n);

    return v & 0xff ? (int)(v & 0xff) : NO_NAME;
}

/* ---- our lists ---- */

/* Characters of three bytes; the next one of *s, 0 at the end or at a blank. */
static uint16_t next_char(const char **s)
{
    const unsigned char *p = (const unsigned char *)*s;

    if (!*p)
        return 0;
    if ((*p & 0xf0) != 0xe0) {
        *s += 1;
        return *p == ' ' ? 0 : *p;
    }
    *s += 3;
    return (uint16_t)((p[0] & 0xf) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f));
}

static bool is_han(uint16_t c)
{
    return c >= NAME_HAN && c < NAME_HAN + NAME_HANS;
}

static void flag(uint16_t c, uint8_t what)
{
    if (is_han(c))
        flags[c - NAME_HAN] |= what;
}

static void put_words(enum name_list list, const char *s, int cost)
{
    while (*s) {
        uint16_t w[8], c;
        int n = 0;

        while ((c = next_char(&s)) && n < 8)
            w[n++] = c;
        if (n && (list != NAME_WORD || cost_of(w, n) > cost))
            put(list, w, n, cost);
        if (n && list == NAME_BEFORE)
            flag(w[n - 1], NAME_ENDS_BEFORE);
        if (n && (list == NAME_AFTER || list == NAME_NO_AFTER))
            flag(w[0], NAME_BEGINS_AFTER);
        if (n > 2 && list == NAME_WORD)
            put_more(w);
    }
}

static void set_all(uint8_t *table, const char *s, double share)
{
    uint16_t c;

    while ((c = next_char(&s)))
        if (is_han(c) && table[c - NAME_HAN] == NO_NAME)
            table[c - NAME_HAN] = (uint8_t)lround(-10 * log(share));
}

static void flag_all(const char *s, uint8_t what)
{
    while (*s)
        flag(next_char(&s), what);
}

/* The first hundred surnames are borne by n in a thousand people each, n falling as the rank rises;
 * behind them it falls faster. */
static void set_surnames(void)
{
    const char *s = name_surnames;
    uint16_t c;

    for (int rank = 1; (c = next_char(&s)); rank++) {
        double share = rank <= 3     ? 0.07
                       : rank <= 100 ? 0.25 / rank
                                     : 0.25 / 100 * pow(100.0 / rank, 2);

        if (surname[c - NAME_HAN] == NO_NAME)
            surname[c - NAME_HAN] = (uint8_t)lround(-10 * log(share));
    }
}

static void set_chars(void)
{
    memset(surname, NO_NAME, sizeof surname);
    memset(given, NO_NAME, sizeof given);
    memset(single, UNKNOWN, sizeof single);
    set_surnames();
    set_all(given, name_given_often, 0.007);
    set_all(given, name_given_known, 0.002);
    set_all(given, name_given_seldom, 0.0006);
    flag_all(name_foreign, NAME_IS_FOREIGN);
    flag_all(name_never, NAME_IS_NEVER);
    flag_all(name_places, NAME_IS_PLACE);
    flag_all(name_maybe_places, NAME_MAY_BE_PLACE);
    flag_all(name_titles, NAME_IS_TITLE);
    flag_all(name_only_surnames, NAME_IS_PURE);
}

/* ---- ICU's dictionary: a UCharsTrie (unicode/ucharstrie.h says its form) ---- */

static iconv_t simplified; /* who cannot write it in GB 2312 does not write simplified Chinese */

static bool is_simplified(const uint16_t *w, int n)
{
    char *in = (char *)w, out[32], *to = out;
    size_t left = (size_t)n * 2, room = sizeof out;

    for (int i = 0; i < n; i++)
        if (!is_han(w[i]))
            return false;
    return iconv(simplified, &in, &left, &to, &room) == 0 && left == 0;
}

static void take(const uint16_t *w, int n, int value)
{
    if (n == 1 && is_han(w[0]))
        single[w[0] - NAME_HAN] = (uint8_t)(value < UNKNOWN ? value : UNKNOWN);
    if (n >= 2 && n <= WORD_MAX && is_simplified(w, n))
        put(NAME_WORD, w, n, value < 254 ? value : 254);
    if (n > 2 && n <= WORD_MAX && is_simplified(w, n))
        put_more(w);
}

static int32_t value_at(const uint16_t *p, int lead)
{
    if (lead < 0x4000)
        return lead;
    return lead < 0x7fff ? (lead - 0x4000) << 16 | p[0] : (int32_t)((uint32_t)p[0] << 16 | p[1]);
}

static const uint16_t *after_value(const uint16_t *p, int lead)
{
    return p + (lead < 0x4000 ? 0 : lead < 0x7fff ? 1 : 2);
}

static int32_t inner_value(const uint16_t *p, int lead)
{
    if (lead < 0x4040)
        return (lead >> 6) - 1;
    return lead < 0x7fc0 ? ((lead & 0x7fc0) - 0x4040) << 10 | p[0]
                         : (int32_t)((uint32_t)p[0] << 16 | p[1]);
}

static const uint16_t *after_inner(const uint16_t *p, int lead)
{
    return p + (lead < 0x4040 ? 0 : lead < 0x7fc0 ? 1 : 2);
}

/* The jump at p: where it leads; *next: behind it. */
static const uint16_t *jump(const uint16_t *p, const uint16_t **next)
{
    uint32_t delta = *p++;

    if (delta == 0xffff) {
        delta = (uint32_t)p[0] << 16 | p[1];
        p += 2;
    } else if (delta >= 0xfc00) {
        delta = (delta - 0xfc00) << 16 | *p++;
    }
    *next = p;
    return p + delta;
}

static void walk(const uint16_t *p, uint16_t *w, int n);

static void branch(const uint16_t *p, int length, uint16_t *w, int n)
{
    while (length > 5) {
        const uint16_t *less = jump(p + 1, &p);

        branch(less, length >> 1, w, n);
        length -= length >> 1;
    }
    for (; length > 1; length--) {
        int node = p[1] & 0x7fff;
        bool last = p[1] >> 15;
        int32_t value = value_at(p + 2, node);
        const uint16_t *next = after_value(p + 2, node);

        w[n] = p[0];
        if (last)
            take(w, n + 1, value);
        else
            walk(next + value, w, n + 1);
        p = next;
    }
    w[n] = *p;
    walk(p + 1, w, n + 1);
}

static void walk(const uint16_t *p, uint16_t *w, int n)
{
    int node = *p++;

    for (;;) {
        if (node >= 0x8000) {
            take(w, n, value_at(p, node & 0x7fff));
            return;
        }
        if (node >= 0x40) {
            take(w, n, inner_value(p, node));
            p = after_inner(p, node);
            node &= 0x3f;
        } else if (node >= 0x30) {
            for (int i = node - 0x30; i >= 0; i--)
                w[n++] = *p++;
            node = *p++;
        } else {
            int length = node ? node : *p++;

            branch(p, length + 1, w, n);
            return;
        }
    }
}

static void read_words(void)
{
    UErrorCode bad = U_ZERO_ERROR;
    UDataMemory *m = udata_open(U_ICUDATA_NAME "-brkitr", "dict", "cjdict", &bad);
    const int32_t *indexes;
    uint16_t word[64];

    simplified = iconv_open("GB2312", "UTF-16LE");
    if (U_FAILURE(bad) || simplified == (iconv_t)-1) {
        fprintf(stderr, "name_table: ICU's dictionary: %s\n", u_errorName(bad));
        exit(1);
    }
    indexes = udata_getMemory(m); /* DictionaryData: where the trie begins, in bytes; its type */
    walk((const uint16_t *)((const char *)indexes + indexes[0]), word, 0);
    udata_close(m);
    if (used < 50000) {
        fprintf(stderr, "name_table: only %zu words\n", used);
        exit(1);
    }
}

/* ---- words of the dictionary that are names themselves ---- */

static uint16_t givens[NAME_HANS]; /* that are not seldom */
static size_t given_n;

static void list_givens(void)
{
    for (uint16_t c = 0; c < NAME_HANS; c++)
        if (given[c] <= 74)
            givens[given_n++] = (uint16_t)(NAME_HAN + c);
}

static void drop_with(uint16_t first, uint16_t second)
{
    uint16_t w[3] = { first, second, 0 };
    uint32_t *slot = find(NAME_WORD, w, 2);

    if (*slot && surname[first - NAME_HAN] <= 52 && given[second - NAME_HAN] <= 62 &&
        (*slot & 0xff) >= (flags[first - NAME_HAN] & NAME_IS_PURE ? 100 : 113))
        *slot |= 0xff; /* as if it were none */
    if (cost_of(w, 2) <= 110)
        return;
    for (size_t i = 0; i < given_n; i++) {
        w[2] = givens[i];
        slot = find(NAME_WORD, w, 3);
        if (*slot && (*slot & 0xff) > 75 && cost_of(w + 1, 2) > 100)
            *slot |= 0xff;
    }
}

/* 蔡元培: a surname that many bear, characters of given names, and no shorter word in it. */
static void drop_names(void)
{
    list_givens();
    for (uint16_t c = 0; c < NAME_HANS; c++)
        for (size_t i = 0; surname[c] <= 60 && i < given_n; i++)
            drop_with((uint16_t)(NAME_HAN + c), givens[i]);
}

/* ---- out ---- */

static uint32_t hans[NAME_HANS];

/* As guard/name.c asks for it: what is never part of a name, what no list says anything of. */
static void join_chars(void)
{
    for (size_t i = 0; i < NAME_HANS; i++) {
        uint32_t g = flags[i] & NAME_IS_NEVER ? NAME_NONE
                     : given[i] == NAME_NONE  ? NAME_GIVEN_UNKNOWN
                                              : given[i];

        hans[i] = (uint32_t)single[i] << NAME_SINGLE_AT | (uint32_t)surname[i] << NAME_SURNAME_AT |
                  g << NAME_GIVEN_AT | (uint32_t)flags[i] << NAME_FLAGS_AT;
    }
}

static void print(const char *name, const uint32_t *v, size_t n)
{
    printf("const uint32_t %s[%zu] = {\n", name, n);
    for (size_t i = 0; i < n; i++)
        printf("%u,%s", v[i], i % 32 == 31 ? "\n" : "");
    printf("};\n");
}

int main(void)
{
    set_chars();
    read_words();
    drop_names();
    put_words(NAME_WORD, name_words, 90);
    put_words(NAME_BEFORE, name_before_weak, 3);
    put_words(NAME_BEFORE, name_before, 1);
    put_words(NAME_BEFORE, name_announced, 2);
    put_words(NAME_AFTER, name_after_weak, 3);
    put_words(NAME_AFTER, name_after, 1);
    put_words(NAME_NO_AFTER, name_no_after, 1);
    put_words(NAME_LONG, name_long_surnames, 1);
    join_chars();
    print("name_slots", slots, NAME_SLOTS);
    print("name_han", hans, NAME_HANS);
    return 0;
}
