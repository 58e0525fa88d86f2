#include "text/normal.h"

#include "base/utf8.h"
#include "han_table.inc"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { HAN_FIRST = 0x4E00, HAN_END = 0xA000, TABLE = 0x10000 };

/* What a character of the basic plane becomes; 0: ask utf8proc. Filled once. */
static uint16_t simple_of[TABLE];
static pthread_once_t simple_once = PTHREAD_ONCE_INIT;

static void fill_simple(void)
{
    for (uint32_t c = 0x3400; c < HAN_END; c++)
        simple_of[c] = (uint16_t)c;
    for (size_t i = 0; i < sizeof han_simple / sizeof han_simple[0]; i++)
        simple_of[han_simple[i][0]] = han_simple[i][1];
    for (uint16_t c = 0x21; c < 0x7F; c++) {
        simple_of[c] = c >= 'A' && c <= 'Z' ? (uint16_t)(c + 32) : c;
        simple_of[c + 0xFEE0] = simple_of[c];
    }
    for (uint16_t c = 0; c <= ' '; c++)
        simple_of[c] = ' ';
    simple_of[0x3000] = simple_of[0x00A0] = ' ';
    for (uint16_t c = 0x3001; c < 0x3030; c++)
        simple_of[c] = c;
    simple_of[0x3007] = 0x3007;
    for (uint16_t c = 0x2014; c < 0x2020; c++)
        simple_of[c] = c;
}

static uint16_t unit_of(uint32_t cp)
{
    if (cp < 0x10000)
        return simple_of[cp] ? simple_of[cp] : (uint16_t)cp;
    return (uint16_t)(0xE000 + cp % 0x1000);
}

static void append_odd(struct arena *a, uint32_t cp, uint16_t **out, size_t *n, size_t *cap)
{
    utf8proc_int32_t parts[32];
    int last = 0;
    utf8proc_ssize_t k = utf8proc_decompose_char(
        (utf8proc_int32_t)cp, parts, 32,
        (utf8proc_option_t)(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                            UTF8PROC_STRIPMARK | UTF8PROC_IGNORE),
        &last);

    if (k < 0 || k > 32) {
        parts[0] = (utf8proc_int32_t)cp;
        k = 1;
    }
    for (utf8proc_ssize_t i = 0; i < k; i++) {
        *out = arena_grow(a, *out, *n, cap, sizeof **out);
        (*out)[(*n)++] = unit_of((uint32_t)parts[i]);
    }
}

const uint16_t *normal_table(void)
{
    pthread_once(&simple_once, fill_simple);
    return simple_of;
}

void normal_append(struct arena *a, struct str text, uint16_t **out, size_t *n, size_t *cap)
{
    pthread_once(&simple_once, fill_simple);
    for (size_t at = 0; at < text.n;) {
        uint32_t cp = utf8_next(text, &at);

        if (cp < 0x10000 && simple_of[cp]) {
            *out = arena_grow(a, *out, *n, cap, sizeof **out);
            (*out)[(*n)++] = simple_of[cp];
        } else {
            append_odd(a, cp, out, n, cap);
        }
    }
}

struct units normal_units(struct arena *a, struct str text)
{
    size_t cap = text.n / 2 + 8, n = 0;
    uint16_t *out = arena_alloc(a, cap * sizeof *out);

    normal_append(a, text, &out, &n, &cap);
    return (struct units){ out, n };
}

struct str normal_utf8(struct arena *a, struct units u)
{
    char *out = arena_alloc(a, u.n * 3 + 1);
    size_t n = 0;

    for (size_t i = 0; i < u.n; i++)
        n += utf8_put(out + n, u.c[i]);
    out[n] = 0;
    return str_of(out, n);
}

/* Simplifies in place: a traditional character and its simplified form both take three bytes. */
static void simplify(char *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        size_t from = at;
        uint32_t cp = utf8_next(str_of(p, n), &at);

        if (cp >= 0x3400 && cp < HAN_END)
            utf8_put(p + from, simple_of[cp]);
    }
}

static struct str mend(struct arena *a, struct str text)
{
    struct buf b = BUF_INIT(text.n * 3 + 1);

    for (size_t at = 0; at < text.n;)
        utf8_add(&b, utf8_next(text, &at));
    return arena_buf(a, &b);
}

struct str normal_text(struct arena *a, struct str text)
{
    utf8proc_uint8_t *made = NULL;
    utf8proc_ssize_t n;
    struct str out;

    pthread_once(&simple_once, fill_simple);
    if (!utf8_valid(text))
        text = mend(a, text);
    n = utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &made,
                     (utf8proc_option_t)(UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD |
                                         UTF8PROC_IGNORE));
    if (n < 0)
        return arena_str(a, text);
    simplify((char *)made, (size_t)n);
    out = arena_str(a, str_of((const char *)made, (size_t)n));
    free(made);
    return out;
}

uint16_t unit_sound(uint16_t c)
{
    return c >= HAN_FIRST && c < HAN_END ? han_sound[c - HAN_FIRST] : 0;
}

enum { SYLLABLE_MAX = 6, SYLLABLE_SLOTS = 2048 };

static uint16_t syllable_slot[SYLLABLE_SLOTS]; /* by hash: a number, 0 free */
static pthread_once_t syllable_once = PTHREAD_ONCE_INIT;

static void fill_syllables(void)
{
    for (size_t i = 0; i < sizeof han_syllable / sizeof han_syllable[0]; i++) {
        size_t at = str_hash(str_z(han_syllable[i])) % SYLLABLE_SLOTS;

        if (!han_syllable[i][0])
            continue;
        while (syllable_slot[at])
            at = (at + 1) % SYLLABLE_SLOTS;
        syllable_slot[at] = (uint16_t)(i + 1);
    }
}

/* As tools/han_table.c folds it: zh is z, n is l, f is h, -ng is -n. */
static size_t fold_syllable(struct str s, char out[SYLLABLE_MAX + 1])
{
    bool hushed = s.n > 1 && s.p[1] == 'h' && (s.p[0] == 'z' || s.p[0] == 'c' || s.p[0] == 's');
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        if (!(hushed && i == 1))
            out[n++] = s.p[i] == 'v' ? 'u' : s.p[i];
    if (out[0] == 'n' || out[0] == 'f')
        out[0] = out[0] == 'n' ? 'l' : 'h';
    if (n > 2 && out[n - 1] == 'g' && out[n - 2] == 'n' && out[n - 3] != 'o')
        n--;
    out[n] = 0;
    return n;
}

uint16_t syllable_sound(struct str letters)
{
    char s[SYLLABLE_MAX + 1];
    size_t n, at;

    if (letters.n == 0 || letters.n > SYLLABLE_MAX)
        return 0;
    pthread_once(&syllable_once, fill_syllables);
    n = fold_syllable(letters, s);
    for (at = str_hash(str_of(s, n)) % SYLLABLE_SLOTS; syllable_slot[at];
         at = (at + 1) % SYLLABLE_SLOTS)
        if (str_eqz(str_of(s, n), han_syllable[syllable_slot[at] - 1]))
            return syllable_slot[at];
    return 0;
}
