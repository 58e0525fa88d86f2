#include "knowledge/embed_words.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/utf8.h"

#include <string.h>
#include <utf8proc.h>

enum {
    SLOTS = 1 << 16, /* of the table; a vocabulary has 21,128 tokens */
    WORD_CHARS = 100,
    WORD_BYTES = WORD_CHARS * 4,
    VOCAB_BYTES = 4 << 20,
    HAN_FIRST = 0x4E00,
    HAN_LAST = 0x9FFF
};

struct embed_words {
    struct arena mem;
    struct str *tokens;
    size_t n;
    uint16_t slot[SLOTS];                   /* token + 1, or 0 */
    uint16_t han[HAN_LAST - HAN_FIRST + 1]; /* most of all text: no hashing */
    int32_t unk, cls, sep;
};

/* What is being written, and the word that is being gathered. */
struct cutting {
    const struct embed_words *w;
    int32_t *ids;
    size_t n, max;
    char word[WORD_BYTES + 4];
    size_t bytes, chars;
};

static size_t word_slot(struct str s)
{
    return (size_t)(str_hash(s) & (SLOTS - 1));
}

static int32_t word_id(const struct embed_words *w, struct str s)
{
    for (size_t i = word_slot(s);; i = (i + 1) & (SLOTS - 1)) {
        if (!w->slot[i])
            return -1;
        if (str_eq(w->tokens[w->slot[i] - 1], s))
            return w->slot[i] - 1;
    }
}

static void word_learn(struct embed_words *w, struct str s, size_t id)
{
    size_t i = word_slot(s), at = 0;

    while (w->slot[i])
        i = (i + 1) & (SLOTS - 1);
    w->slot[i] = (uint16_t)(id + 1);
    w->tokens[id] = s;
    if (s.n == 3 && (uint8_t)s.p[0] >= 0xE4) {
        uint32_t cp = utf8_next(s, &at);

        if (cp >= HAN_FIRST && cp <= HAN_LAST)
            w->han[cp - HAN_FIRST] = (uint16_t)id;
    }
}

/* Half the table stays free, so that a search for an unknown word ends soon. */
static enum tb_code words_read(struct embed_words *w, struct str text, const char *path,
                               struct tb_err *e)
{
    struct str rest = text;

    w->tokens = ARENA_ARRAY(&w->mem, struct str, SLOTS / 2);
    while (rest.p && rest.n) {
        struct str line = str_cut(&rest, STR("\n"));

        if (w->n == SLOTS / 2)
            return tb_fail(e, TB_CORRUPT, "语义检索模型的词表不正确，请重新获取模型文件",
                           "vocab=%s tokens>%d", path, SLOTS / 2);
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        word_learn(w, line, w->n);
        w->n++;
    }
    w->unk = word_id(w, STR("[UNK]"));
    w->cls = word_id(w, STR("[CLS]"));
    w->sep = word_id(w, STR("[SEP]"));
    if (w->unk < 0 || w->cls < 0 || w->sep < 0)
        return tb_fail(e, TB_CORRUPT, "语义检索模型的词表不正确，请重新获取模型文件",
                       "vocab=%s tokens=%zu: no special tokens", path, w->n);
    return TB_OK;
}

enum tb_code embed_words_open(const char *path, struct embed_words **out, struct tb_err *e)
{
    struct embed_words *w = tb_zalloc(sizeof(*w));
    struct str text;

    if (fs_read(&w->mem, path, VOCAB_BYTES, &text, e) || words_read(w, text, path, e)) {
        embed_words_close(w);
        return e->code;
    }
    *out = w;
    return TB_OK;
}

void embed_words_close(struct embed_words *w)
{
    if (!w)
        return;
    arena_release(&w->mem);
    tb_free(w);
}

size_t embed_words_count(const struct embed_words *w)
{
    return w->n;
}

static void put(struct cutting *c, int32_t id)
{
    if (c->n < c->max)
        c->ids[c->n++] = id;
}

/* The longest piece of the word from `at` that the vocabulary has; its length, 0 for none. */
static size_t piece_at(const struct cutting *c, size_t at, int32_t *id)
{
    char piece[WORD_BYTES + 4] = "##";
    size_t head = at ? 2 : 0;

    memcpy(piece + head, c->word + at, c->bytes - at);
    for (size_t n = c->bytes - at; n; n = utf8_floor(str_of(c->word + at, n), n - 1)) {
        *id = word_id(c->w, str_of(piece, head + n));
        if (*id >= 0)
            return n;
    }
    return 0;
}

/* A word that cannot be put together whole from known pieces is one [UNK]. */
static void word_end(struct cutting *c)
{
    size_t begin = c->n, at = 0;

    if (!c->chars)
        return;
    while (c->chars <= WORD_CHARS && at < c->bytes && c->n < c->max) {
        int32_t id = -1;
        size_t n = piece_at(c, at, &id);

        if (!n)
            break;
        put(c, id);
        at += n;
    }
    if (at < c->bytes && !(c->n == c->max && c->chars <= WORD_CHARS)) {
        c->n = begin;
        put(c, c->w->unk);
    }
    c->bytes = c->chars = 0;
}

static void word_add(struct cutting *c, uint32_t cp)
{
    c->chars++;
    if (c->chars <= WORD_CHARS)
        c->bytes += utf8_put(c->word + c->bytes, cp);
}

static bool is_han(uint32_t cp)
{
    return (cp >= HAN_FIRST && cp <= HAN_LAST) || (cp >= 0x3400 && cp <= 0x4DBF) ||
           (cp >= 0x20000 && cp <= 0x2A6DF) || (cp >= 0x2A700 && cp <= 0x2B81F) ||
           (cp >= 0x2B920 && cp <= 0x2CEAF) || (cp >= 0xF900 && cp <= 0xFAFF) ||
           (cp >= 0x2F800 && cp <= 0x2FA1F);
}

static void alone(struct cutting *c, uint32_t cp)
{
    word_end(c);
    word_add(c, cp);
    word_end(c);
}

static void ascii_char(struct cutting *c, uint32_t cp)
{
    if (cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r')
        word_end(c);
    else if (cp < 0x20 || cp == 0x7F)
        return;
    else if (cp >= 'A' && cp <= 'Z')
        word_add(c, cp + 32);
    else if ((cp >= 'a' && cp <= 'z') || (cp >= '0' && cp <= '9'))
        word_add(c, cp);
    else
        alone(c, cp);
}

static bool is_punctuation(utf8proc_category_t k)
{
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

/* Letters lose their accents by canonical decomposition, then their case. */
static void letter(struct cutting *c, uint32_t cp)
{
    utf8proc_int32_t part[8];
    utf8proc_ssize_t n =
        utf8proc_decompose_char((utf8proc_int32_t)cp, part, 8, UTF8PROC_DECOMPOSE, NULL);

    for (utf8proc_ssize_t i = 0; i < n && n <= 8; i++)
        if (utf8proc_category(part[i]) != UTF8PROC_CATEGORY_MN)
            word_add(c, (uint32_t)utf8proc_tolower(part[i]));
}

static void wide_char(struct cutting *c, uint32_t cp)
{
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)cp);

    if (is_han(cp))
        alone(c, cp);
    else if (k == UTF8PROC_CATEGORY_ZS || cp == 0x2028 || cp == 0x2029)
        word_end(c);
    else if (cp == 0xFFFD || k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
             k == UTF8PROC_CATEGORY_CO || k == UTF8PROC_CATEGORY_CN)
        return;
    else if (is_punctuation(k))
        alone(c, cp);
    else
        letter(c, cp);
}

static void cut_text(struct cutting *c, struct str s)
{
    for (size_t at = 0; at < s.n && c->n < c->max;) {
        uint32_t cp = utf8_next(s, &at);

        if (cp >= HAN_FIRST && cp <= HAN_LAST && c->w->han[cp - HAN_FIRST]) {
            word_end(c);
            put(c, c->w->han[cp - HAN_FIRST]);
        } else if (cp < 0x80) {
            ascii_char(c, cp);
        } else {
            wide_char(c, cp);
        }
    }
}

size_t embed_words_cut(const struct embed_words *w, struct str head, struct str text, int32_t *ids,
                       size_t max)
{
    struct cutting c = { .w = w, .ids = ids, .max = max - 1 };

    put(&c, w->cls);
    cut_text(&c, head);
    cut_text(&c, text);
    word_end(&c);
    ids[c.n] = w->sep;
    return c.n + 1;
}
