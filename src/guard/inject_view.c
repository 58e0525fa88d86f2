/* A text as a model may read it, whatever was done to hide its words from a list of words. */
#include "guard/inject_int.h"

#include "base/utf8.h"
#include "text/normal.h"

#include <string.h>

enum {
    TAG_FIRST = 0xE0020, /* Unicode tags: letters that nobody sees */
    TAG_LAST = 0xE007E,
    SYLLABLE = 6,
    SENTENCE_LEAST = 4, /* glyphs; what is shorter is a character on a line of its own */
    ROTATED_LEAST = 12,
    NO_SOUND = 0xFFFF
};

/* Letters of other scripts that look like Latin ones (Unicode Technical Standard 39). */
static const struct {
    uint16_t c;
    char as;
} alike[] = {
    { 0x0430, 'a' }, { 0x0432, 'b' }, { 0x0441, 'c' }, { 0x0435, 'e' }, { 0x043d, 'h' },
    { 0x0456, 'i' }, { 0x0458, 'j' }, { 0x043a, 'k' }, { 0x043c, 'm' }, { 0x043e, 'o' },
    { 0x0440, 'p' }, { 0x0455, 's' }, { 0x0442, 't' }, { 0x0443, 'y' }, { 0x0445, 'x' },
    { 0x0501, 'd' }, { 0x051b, 'q' }, { 0x051d, 'w' }, { 0x04bb, 'h' }, { 0x03b1, 'a' },
    { 0x03b5, 'e' }, { 0x03b9, 'i' }, { 0x03ba, 'k' }, { 0x03bd, 'v' }, { 0x03bf, 'o' },
    { 0x03c1, 'p' }, { 0x03c4, 't' }, { 0x03c5, 'u' }, { 0x03c7, 'x' }, { 0x0251, 'a' },
    { 0x0261, 'g' }, { 0x0131, 'i' }, { 0x0578, 'n' }, { 0x057d, 'u' }, { 0x0585, 'o' },
    { 0x0570, 'h' }, { 0x1d04, 'c' }, { 0x1d0f, 'o' }, { 0x1d20, 'v' }, { 0x1d21, 'w' },
    { 0x1d22, 'z' }, { 0x0280, 'r' }, { 0x029f, 'l' }, { 0x026a, 'i' }, { 0x0274, 'n' },
    { 0x1d07, 'e' }, { 0x1d1b, 't' }, { 0x1d00, 'a' }, { 0x1d18, 'p' }, { 0x1d0d, 'm' },
};

enum { ALIKE_FIRST = 0x0131, ALIKE_LAST = 0x1d22 };

static uint16_t latin_of(uint16_t c)
{
    for (size_t i = 0; c >= ALIKE_FIRST && c <= ALIKE_LAST && i < sizeof(alike) / sizeof(alike[0]);
         i++)
        if (alike[i].c == c)
            return (uint16_t)alike[i].as;
    return c;
}

static bool is_latin(uint16_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_letter(uint16_t c)
{
    return is_latin(c) || unit_is_han(c) || (c >= 0x00DF && c < 0x0600) ||
           (c >= 0x3041 && c <= 0x30FF) || (c >= 0xAC00 && c <= 0xD7A3);
}

static bool ends_sentence(uint16_t c)
{
    return c == 0x3002 || c == '!' || c == '?' || c == ';' || c == '\n' || c == 0x2026;
}

struct seeing {
    struct inject_reading *r;
    size_t cap;
    uint8_t edge; /* of the next glyph */
    struct buf hidden;
    const uint16_t *table;
    uint16_t *units;
    size_t unit_cap;
};

static void set_places(struct inject_reading *r)
{
    uint32_t place = 0;
    size_t since = 0;

    for (size_t i = 0; i < r->n; i++, since++) {
        bool latin = r->edge[i] & EDGE_LATIN;

        if (i == 0 || !latin || (r->edge[i] & EDGE_WORD))
            place++;
        if ((r->edge[i] & EDGE_SENTENCE) && since >= SENTENCE_LEAST) {
            place += 2;
            since = 0;
        }
        r->place[i] = place;
    }
    r->edge[r->n] = EDGE_WORD | EDGE_SENTENCE;
}

static void reading_alloc(struct arena *a, struct inject_reading *r, size_t n)
{
    r->c = arena_alloc(a, (n + 1) * sizeof(*r->c));
    r->at = arena_alloc(a, (n + 1) * sizeof(*r->at));
    r->place = arena_alloc(a, (n + 1) * sizeof(*r->place));
    r->edge = arena_alloc(a, n + 1);
}

static void add_glyph(struct inject_reading *r, uint16_t c, size_t at, uint8_t edge)
{
    bool latin = is_latin(c);

    if (latin != (r->n && (r->edge[r->n - 1] & EDGE_LATIN)))
        edge |= EDGE_WORD;
    r->c[r->n] = c;
    r->at[r->n] = (uint32_t)at;
    r->edge[r->n++] = (uint8_t)(edge | (latin ? EDGE_LATIN : 0));
}

/* Room for what one character can become was made when the reading was. */
static void see_unit(struct seeing *s, uint16_t c, size_t at)
{
    c = latin_of(c);
    if (is_letter(c)) {
        add_glyph(s->r, c, at, s->edge);
        s->edge = 0;
        return;
    }
    s->edge |= EDGE_WORD;
    if (c == ' ')
        s->edge |= EDGE_BLANK;
    if (ends_sentence(c))
        s->edge |= EDGE_SENTENCE;
}

/* p@ssword, in$truction: only between letters. */
static bool stands_for(struct str text, size_t at, uint32_t cp, uint16_t *as)
{
    unsigned char before = at ? (unsigned char)text.p[at - 1] | 32 : 0;
    unsigned char after = at + 1 < text.n ? (unsigned char)text.p[at + 1] | 32 : 0;

    if (cp != '@' && cp != '$')
        return false;
    *as = cp == '@' ? 'a' : 's';
    return before >= 'a' && before <= 'z' && after >= 'a' && after <= 'z';
}

static void see_character(struct arena *a, struct seeing *s, uint32_t cp, size_t at, size_t end)
{
    struct inject_reading *r = s->r;
    size_t n = 0;
    uint16_t as;

    if (cp >= TAG_FIRST && cp <= TAG_LAST) {
        buf_addc(&s->hidden, (char)(cp - 0xE0000));
        return;
    }
    if (cp == '\n') {
        see_unit(s, '\n', at);
        s->edge |= EDGE_BLANK;
        return;
    }
    if (stands_for(r->text, at, cp, &as)) {
        add_glyph(r, as, at, 0);
        return;
    }
    as = cp < 0x10000 ? s->table[cp] : 0;
    if (as) { /* nearly always */
        see_unit(s, as, at);
        return;
    }
    normal_append(a, str_sub(r->text, at, end - at), &s->units, &n, &s->unit_cap);
    if (cp >= 0x10000 && (cp < 0x20000 || cp >= 0x40000) && n == 1 && s->units[0] >= 0xE000) {
        s->edge |= EDGE_WORD; /* a picture between characters is none */
        return;
    }
    for (size_t i = 0; i < n && i < 4; i++)
        see_unit(s, s->units[i], at);
}

/* What most texts are made of. */
static bool see_han(struct seeing *s, struct str text, size_t *at)
{
    const unsigned char *p = (const unsigned char *)text.p + *at;
    uint32_t c;

    if (text.n - *at < 3 || p[0] < 0xe4 || p[0] > 0xe9 || ((p[1] ^ 0x80u) | (p[2] ^ 0x80u)) >= 0x40)
        return false;
    c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    if (!unit_is_han(s->table[c]))
        return false;
    add_glyph(s->r, s->table[c], *at, s->edge);
    s->edge = 0;
    *at += 3;
    return true;
}

static void see_plain(struct arena *a, struct inject_view *v)
{
    struct inject_reading *r = &v->plain;
    struct seeing s = { .r = r,
                        .edge = EDGE_WORD | EDGE_SENTENCE,
                        .hidden = BUF_INIT(INJECT_DECODED),
                        .table = normal_table(),
                        .unit_cap = 64 };
    struct str text = r->text;

    s.units = arena_alloc(a, s.unit_cap * sizeof(*s.units));
    reading_alloc(a, r, text.n * 2 + 4); /* a character of two bytes becomes at most four glyphs */
    for (size_t at = 0; at < text.n;) {
        size_t from = at;
        unsigned char b = (unsigned char)text.p[at];
        uint32_t c;

        if (see_han(&s, text, &at))
            continue;
        c = utf8_next(text, &at);
        v->escapes |= b == '\\' || b == '%' || b == '&' || b == '=' || b == '+';
        see_character(a, &s, c, from, at);
    }
    v->hidden = arena_buf(a, &s.hidden);
}

/* 1gnore: digits inside a word of letters are letters. */
static void see_digits(struct inject_reading *r)
{
    static const char as[] = "oizeasgtbg"; /* 0..9 */
    size_t end;

    for (size_t from = 0; from < r->n; from = end) {
        size_t letters = 0;

        for (end = from; end < r->n && (end == from || !(r->edge[end] & EDGE_WORD)); end++)
            letters += (r->edge[end] & EDGE_LATIN) && r->c[end] > '9';
        for (size_t i = from; i < end && letters >= 2 && letters < end - from; i++)
            if ((r->edge[i] & EDGE_LATIN) && r->c[i] <= '9')
                r->c[i] = (uint16_t)(r->c[i] == '1' ? 'i' : as[r->c[i] - '0']);
    }
}

static size_t letters_in(const struct inject_reading *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->c[i] >= 'a' && r->c[i] <= 'z';
    return n;
}

/* -- by sound -- */

/* Cuts letters into syllables, the longest first; ends[i]: where the one from i ends, 0: none. */
static bool cut_syllables(const char *p, size_t n, uint8_t *ends)
{
    bool can[65] = { false };

    can[n] = true;
    for (size_t i = n; i-- > 0;) {
        ends[i] = 0;
        for (size_t k = n - i < SYLLABLE ? n - i : SYLLABLE; k > 0 && !can[i]; k--)
            if (can[i + k] && (k > 1 || p[i] == 'a' || p[i] == 'e' || p[i] == 'o') &&
                syllable_sound(str_of(p + i, k))) {
                can[i] = true;
                ends[i] = (uint8_t)(i + k);
            }
    }
    return can[0];
}

/* A Latin word, tones written as digits left out, as its syllables; else as one sound of none. */
static void sound_word(struct inject_reading *out, const struct inject_reading *r, size_t from,
                       size_t to)
{
    char p[64];
    uint8_t ends[64];
    size_t n = 0;

    for (size_t i = from; i < to && n < sizeof(p); i++)
        if (r->c[i] > '9')
            p[n++] = (char)r->c[i];
    if (n == 0 || n == sizeof(p) || !cut_syllables(p, n, ends)) {
        add_glyph(out, NO_SOUND, r->at[from], r->edge[from] & EDGE_SENTENCE);
        return;
    }
    for (size_t i = 0; i < n; i = ends[i])
        add_glyph(out, syllable_sound(str_of(p + i, ends[i] - i)), r->at[from],
                  (uint8_t)(EDGE_SPOKEN | (i ? 0 : r->edge[from] & EDGE_SENTENCE)));
}

static void see_sound(struct arena *a, struct inject_view *v)
{
    const struct inject_reading *r = &v->plain;
    struct inject_reading *out = &v->sound;
    bool spoken = false;

    *out = (struct inject_reading){ .text = r->text, .way = INJECT_SOUND };
    reading_alloc(a, out, letters_in(r) < 2 ? 0 : r->n);
    if (letters_in(r) < 2) /* nothing is spoken */
        return;
    for (size_t from = 0, to; from < r->n; from = to) {
        uint16_t sound;

        to = from + 1;
        if (!(r->edge[from] & EDGE_LATIN)) {
            sound = unit_sound(r->c[from]);
            add_glyph(out, sound ? sound : NO_SOUND, r->at[from], r->edge[from] & EDGE_SENTENCE);
            continue;
        }
        while (to < r->n && (r->edge[to] & EDGE_LATIN) && !(r->edge[to] & EDGE_WORD))
            to++;
        sound_word(out, r, from, to);
        spoken |= (out->edge[out->n - 1] & EDGE_SPOKEN) != 0;
    }
    for (size_t i = 0; i < out->n; i++) /* a sound's number is no letter */
        out->edge[i] &= (uint8_t) ~(EDGE_LATIN | EDGE_WORD);
    if (!spoken)
        out->n = 0;
}

/* -- backwards, and by thirteen letters on -- */

static void see_reversed(struct arena *a, struct inject_view *v)
{
    const struct inject_reading *r = &v->plain;
    struct inject_reading *out = &v->reversed;

    *out = (struct inject_reading){ .text = r->text, .way = INJECT_REVERSED, .n = r->n };
    reading_alloc(a, out, r->n);
    for (size_t i = 0; i < r->n; i++) {
        size_t k = r->n - 1 - i;
        uint8_t after = k + 1 < r->n ? r->edge[k + 1] : EDGE_WORD;

        out->c[i] = r->c[k];
        out->at[i] = r->at[k];
        out->edge[i] = (uint8_t)((r->edge[k] & EDGE_LATIN) | (after & ~EDGE_LATIN));
    }
}

static void see_rotated(struct arena *a, struct inject_view *v)
{
    const struct inject_reading *r = &v->plain;
    struct inject_reading *out = &v->rotated;

    *out = *r;
    out->way = INJECT_ROTATED;
    if (letters_in(r) < ROTATED_LEAST) {
        out->n = 0;
        return;
    }
    out->c = arena_alloc(a, (r->n + 1) * sizeof(*out->c));
    for (size_t i = 0; i < r->n; i++) {
        bool letter = r->c[i] >= 'a' && r->c[i] <= 'z';

        out->c[i] = letter ? (uint16_t)('a' + (r->c[i] - 'a' + 13) % 26) : r->c[i];
    }
}

void inject_view_plain(struct arena *a, struct str text, struct inject_view *v)
{
    *v = (struct inject_view){ .plain = { .text = text, .way = INJECT_PLAIN } };
    see_plain(a, v);
    see_digits(&v->plain);
    set_places(&v->plain);
}

void inject_view_read(struct arena *a, struct str text, struct inject_view *v)
{
    *v = (struct inject_view){ .plain = { .text = text, .way = INJECT_PLAIN } };
    see_plain(a, v);
    see_sound(a, v);
    see_digits(&v->plain);
    set_places(&v->plain);
    see_reversed(a, v);
    see_rotated(a, v);
    set_places(&v->sound);
    set_places(&v->reversed);
}
