#include "guard/forbid.h"
#include "guard/forbid_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/utf8.h"

#include <assert.h>

enum { FILE_MAX = 8 << 20 };

static_assert((int)FORBID_CHARS < (int)FORBID_RING, "the ring remembers where a phrase began");

enum tb_code forbid_make(struct str yaml, const char *file, const struct forbid_list *lists,
                         size_t n, bool by_sound, struct forbid **out, struct tb_err *e)
{
    struct forbid *f = tb_zalloc(sizeof(*f));

    f->fold = forbid_fold(by_sound);
    f->class_of = ARENA_ARRAY(&f->mem, uint16_t, FORBID_CLASS_OF);
    f->latin = ARENA_ARRAY(&f->mem, uint8_t, 65536);
    f->classes = FORBID_GAP + 1;
    if (yaml.n && forbid_rows(f, yaml, file, e)) {
        forbid_free(f);
        return e->code;
    }
    for (size_t i = 0; i < n; i++)
        if (!by_sound || lists[i].sound)
            forbid_take_list(f, &lists[i], (int)i, by_sound);
    if (forbid_sort(f, file, e)) {
        forbid_free(f);
        return e->code;
    }
    forbid_build(f);
    forbid_spellings(f);
    arena_release(&f->scratch);
    f->phrases = NULL;
    *out = f;
    return TB_OK;
}

enum tb_code forbid_read(struct str yaml, const char *file, struct forbid **out, struct tb_err *e)
{
    return forbid_make(yaml, file, NULL, 0, false, out, e);
}

enum tb_code forbid_load(const char *path, struct forbid **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str text;
    enum tb_code c = fs_read(&a, path, FILE_MAX, &text, e);

    if (!c)
        c = forbid_read(text, path, out, e);
    arena_release(&a);
    return c;
}

void forbid_free(struct forbid *f)
{
    if (!f)
        return;
    arena_release(&f->scratch);
    arena_release(&f->mem);
    tb_free(f);
}

size_t forbid_phrases(const struct forbid *f)
{
    return f->n;
}

static uint32_t child(const struct forbid *f, uint32_t state, uint16_t c)
{
    const struct forbid_node *k = f->nodes + f->nodes[state].child;
    size_t low = 0, high = f->nodes[state].n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (k[mid].c == c)
            return f->nodes[state].child + (uint32_t)mid;
        if (k[mid].c < c)
            low = mid + 1;
        else
            high = mid;
    }
    return 0;
}

static uint32_t follow(const struct forbid *f, uint32_t state, uint16_t c)
{
    while (state) {
        uint32_t next = child(f, state, c);

        if (next)
            return next;
        state = f->nodes[state].fail;
    }
    return f->root[c];
}

static size_t start_of(const struct forbid_scan *z, size_t depth)
{
    return z->starts[(z->fed - depth) % FORBID_RING];
}

static size_t span(const struct forbid_scan *z, size_t from, size_t to)
{
    return z->raw ? z->raw[to] - z->raw[from] : to - from;
}

/* Is a fine phrase under way that began no later than the word found? */
static bool may_excuse(const struct forbid_scan *z)
{
    for (uint32_t s = z->state; s; s = z->f->nodes[s].fail) {
        const struct forbid_node *node = &z->f->nodes[s];

        if (start_of(z, node->depth) > z->hit.from)
            return false;
        if (node->open)
            return true;
    }
    return false;
}

/* Words and phrases that end at this character, the longest first. Of several words that wait, the
 * one that began first decides: what excuses it covers the others. */
static void ends_here(struct forbid_scan *z, size_t to)
{
    const struct forbid *f = z->f;

    for (uint32_t s = f->nodes[z->state].out; s; s = f->nodes[f->nodes[s].fail].out) {
        const struct forbid_end *p = &f->ends[f->nodes[s].phrase - 1];
        size_t from = start_of(z, p->n);

        if (p->fine && z->waits && from <= z->hit.from)
            z->waits = false;
        if (p->fine)
            return; /* what is shorter stands inside it */
        if ((p->way & z->way) && (!z->waits || from < z->hit.from)) {
            z->waits = true;
            z->hit = (struct forbid_hit){ from, to, f->kinds[p->kind], p->kind, p->list, p->line };
        }
    }
}

/* What has grown too long by `to` is given up, and what it began with is looked at. */
static void shorten(struct forbid_scan *z, size_t to)
{
    while (z->state && span(z, start_of(z, z->f->nodes[z->state].depth), to) > FORBID_SPAN)
        z->state = z->f->nodes[z->state].fail;
}

/* One symbol that stands at from..to of the text. true: forbidden. */
static bool step(struct forbid_scan *z, uint16_t c, size_t from, size_t to)
{
    const struct forbid *f = z->f;

    z->starts[z->fed++ % FORBID_RING] = from;
    z->state = follow(f, z->state, c);
    shorten(z, to);
    if (f->nodes[z->state].out)
        ends_here(z, to);
    return z->waits && !may_excuse(z);
}

static bool take(struct forbid_scan *z, uint32_t cp, size_t from, size_t to)
{
    uint16_t c = cp < 0x10000 ? z->f->class_of[cp] : FORBID_NONE;
    bool latin = z->f->latin[c], gap = z->gap && z->latin && latin;

    if (c == FORBID_SKIP || c == FORBID_GAP) {
        z->gap |= c == FORBID_GAP;
        shorten(z, to);
        return z->waits && !may_excuse(z);
    }
    z->gap = false;
    z->latin = latin;
    return (gap && step(z, FORBID_GAP, from, from)) || step(z, c, from, to);
}

void forbid_begin(struct forbid_scan *z, const struct forbid *f, enum forbid_way way,
                  const uint32_t *raw)
{
    z->f = f;
    z->way = way;
    z->raw = raw;
    z->state = z->fed = 0;
    z->gap = z->latin = z->waits = false;
}

bool forbid_feed(struct forbid_scan *z, struct str text, size_t from, size_t to)
{
    if (!z->f)
        return false;
    while (from < to) {
        size_t at;
        uint32_t c;

        if (z->state == 0) {
            z->gap = z->latin = false;
            from = forbid_quiet(z->f, text, from, to);
        }
        if (from >= to)
            break;
        at = from;
        c = utf8_next(text, &at);
        if (take(z, c, from, at))
            return true;
        from = at;
    }
    return false;
}

bool forbid_end(struct forbid_scan *z)
{
    z->state = 0;
    z->gap = z->latin = false;
    return z->waits;
}

size_t forbid_hold(const struct forbid_scan *z, size_t to)
{
    uint32_t s = z->state;

    while (s && z->f->nodes[s].n == 0)
        s = z->f->nodes[s].fail;
    return s ? start_of(z, z->f->nodes[s].depth) : to;
}

bool forbid_find(const struct forbid *f, enum forbid_way way, struct str text,
                 struct forbid_hit *hit)
{
    struct forbid_scan z;

    forbid_begin(&z, f, way, NULL);
    if (!forbid_feed(&z, text, 0, text.n) && !(f && forbid_end(&z)))
        return false;
    *hit = z.hit;
    return true;
}
