/* Phrases to the automaton of Aho and Corasick, over classes of characters: nodes are made level by
 * level from the sorted phrases, so that the children of a node stand together. */
#include "guard/forbid_int.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "text/normal.h"

#include <pthread.h>
#include <string.h>

static const struct {
    uint16_t from, to;
    uint16_t as; /* FORBID_SKIP or FORBID_GAP */
} unseen[] = {
    { 0x0009, 0x000d, FORBID_GAP },  { 0x0020, 0x0020, FORBID_GAP },
    { 0x0085, 0x0085, FORBID_GAP },  { 0x00a0, 0x00a0, FORBID_GAP },
    { 0x00ad, 0x00ad, FORBID_SKIP }, { 0x034f, 0x034f, FORBID_SKIP },
    { 0x061c, 0x061c, FORBID_SKIP }, { 0x115f, 0x1160, FORBID_SKIP },
    { 0x1680, 0x1680, FORBID_GAP },  { 0x17b4, 0x17b5, FORBID_SKIP },
    { 0x180b, 0x180f, FORBID_SKIP }, { 0x2000, 0x200a, FORBID_GAP },
    { 0x200b, 0x200f, FORBID_SKIP }, { 0x2028, 0x2029, FORBID_GAP },
    { 0x202a, 0x202e, FORBID_SKIP }, { 0x202f, 0x202f, FORBID_GAP },
    { 0x205f, 0x205f, FORBID_GAP },  { 0x2060, 0x206f, FORBID_SKIP },
    { 0x3000, 0x3000, FORBID_GAP },  { 0x3164, 0x3164, FORBID_SKIP },
    { 0xfe00, 0xfe0f, FORBID_SKIP }, { 0xfeff, 0xfeff, FORBID_SKIP },
    { 0xffa0, 0xffa0, FORBID_SKIP },
};

static uint16_t folded[65536]; /* character as it is compared; 0: not one character */
static uint16_t sounds[65536]; /* the same, by sound */
static pthread_once_t folded_once = PTHREAD_ONCE_INIT;

static void fold_range(uint32_t from, uint32_t to)
{
    struct arena a = ARENA_INIT;

    for (uint32_t c = from; c <= to; c++) {
        char p[4];
        struct units u = normal_units(&a, str_of(p, utf8_put(p, c)));

        if (u.n == 1)
            folded[c] = u.c[0];
    }
    arena_release(&a);
}

static void fold_all(void)
{
    fold_range(0x21, 0x7e);
    fold_range(0xc0, 0x24f);    /* letters with accents */
    fold_range(0x2460, 0x24ff); /* circled */
    fold_range(0x2e80, 0x2fdf); /* radicals */
    fold_range(0x3005, 0x3007);
    fold_range(0x3400, 0x4dbf);
    fold_range(0x4e00, 0x9fff);
    fold_range(0xf900, 0xfaff);
    fold_range(0xff01, 0xff9f);
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        for (uint32_t c = unseen[i].from; c <= unseen[i].to; c++)
            folded[c] = unseen[i].as;
    for (uint32_t c = 0; c < 65536; c++)
        if (folded[c] > FORBID_GAP && folded[folded[c]])
            folded[c] = folded[folded[c]];
}

/* The first character of each sound stands for all of them. */
static void fold_sounds(void)
{
    uint16_t *first = tb_zalloc(65536 * sizeof(*first));

    for (uint32_t c = 0; c < 65536; c++) {
        uint16_t k = folded[c] > FORBID_GAP ? folded[c] : (uint16_t)c;
        uint16_t sound = folded[c] && folded[c] <= FORBID_GAP ? 0 : unit_sound(k);

        if (sound && !first[sound])
            first[sound] = k;
        sounds[c] = sound ? first[sound] : folded[c];
    }
    tb_free(first);
}

static void fold_both(void)
{
    fold_all();
    fold_sounds();
}

const uint16_t *forbid_fold(bool by_sound)
{
    pthread_once(&folded_once, fold_both);
    return by_sound ? sounds : folded;
}

static bool is_latin(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

uint16_t forbid_class(struct forbid *f, uint32_t c)
{
    if (c >= 0x10000)
        return FORBID_NONE;
    if (f->fold[c])
        c = f->fold[c];
    if (c <= FORBID_GAP)
        return (uint16_t)c;
    if (!f->class_of[c]) {
        f->latin[f->classes] = is_latin(c);
        f->class_of[c] = (uint16_t)f->classes++;
    }
    return f->class_of[c];
}

bool forbid_symbols(struct forbid *f, struct forbid_phrase *p)
{
    size_t at = 0, n = 0;
    bool gap = false;

    while (at < p->text.n) {
        uint16_t c = forbid_class(f, utf8_next(p->text, &at));

        if (c == FORBID_GAP)
            gap = true;
        if (c <= FORBID_GAP)
            continue;
        if (n + 2 > FORBID_CHARS)
            return false;
        if (gap && n && f->latin[p->c[n - 1]] && f->latin[c])
            p->c[n++] = FORBID_GAP;
        gap = false;
        p->c[n++] = c;
    }
    p->n = (uint16_t)n;
    return n > 0;
}

static void set_bit(uint8_t *set, uint32_t i)
{
    set[i >> 3] |= (uint8_t)(1U << (i & 7));
}

void forbid_spellings(struct forbid *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct forbid_phrase *p = &f->phrases[i];

        set_bit(f->pairs, forbid_pair(p->c[0], p->c[1]));
        if (p->n == 2)
            set_bit(f->pairs_end, forbid_pair(p->c[0], p->c[1]));
        else
            set_bit(f->triples, forbid_triple(p->c[0], p->c[1], p->c[2]));
    }
    for (uint32_t c = 1; c < 65536; c++) {
        uint16_t k = f->fold[c];

        if (k)
            f->class_of[c] = k <= FORBID_GAP ? k : f->class_of[k];
    }
}

struct range { /* the phrases below a node */
    size_t low, high;
};

/* The children of node `at`: runs of equal symbols at its depth. */
static void add_children(struct forbid *f, struct range *ranges, size_t at, size_t *n)
{
    struct forbid_node *node = &f->nodes[at];
    size_t low = ranges[at].low, high = ranges[at].high, depth = node->depth;

    if (depth && f->phrases[low].n == depth)
        node->phrase = (uint32_t)++low;
    node->child = (uint32_t)*n;
    while (low < high) {
        size_t end = low;

        while (end < high && f->phrases[end].c[depth] == f->phrases[low].c[depth])
            node->open |= f->phrases[end++].fine;
        f->nodes[*n] =
            (struct forbid_node){ .c = f->phrases[low].c[depth], .depth = (uint16_t)(depth + 1) };
        ranges[(*n)++] = (struct range){ low, end };
        node->n++;
        low = end;
    }
}

static uint32_t child_of(const struct forbid *f, uint32_t at, uint16_t c)
{
    for (uint32_t i = 0; i < f->nodes[at].n; i++)
        if (f->nodes[f->nodes[at].child + i].c == c)
            return f->nodes[at].child + i;
    return 0;
}

/* Nodes are in order of depth, so what is shallower is ready. */
static void link_children(struct forbid *f, uint32_t at)
{
    struct forbid_node *node = &f->nodes[at];

    node->out = node->phrase ? at : f->nodes[node->fail].out;
    for (uint32_t i = 0; i < node->n; i++) {
        uint32_t k = node->child + i, fail = node->fail, to = 0;

        if (at == 0)
            continue;
        while (!(to = child_of(f, fail, f->nodes[k].c)) && fail)
            fail = f->nodes[fail].fail;
        f->nodes[k].fail = to;
    }
}

static void keep_ends(struct forbid *f)
{
    f->ends = ARENA_ARRAY(&f->mem, struct forbid_end, f->n);
    for (size_t i = 0; i < f->n; i++) {
        const struct forbid_phrase *p = &f->phrases[i];

        f->ends[i] = (struct forbid_end){ p->n, p->kind, p->way, p->fine, p->list, p->line };
    }
}

void forbid_build(struct forbid *f)
{
    size_t total = 1, n = 1;
    struct range *ranges;
    struct forbid_node *kept;

    for (size_t i = 0; i < f->n; i++)
        total += f->phrases[i].n;
    f->nodes = ARENA_ARRAY(&f->scratch, struct forbid_node, total);
    f->root = ARENA_ARRAY(&f->mem, uint32_t, f->classes + 1);
    ranges = ARENA_ARRAY(&f->scratch, struct range, total);
    ranges[0] = (struct range){ 0, f->n };
    for (size_t i = 0; i < n; i++)
        add_children(f, ranges, i, &n);
    for (size_t i = 0; i < n; i++)
        link_children(f, (uint32_t)i);
    for (uint32_t i = 0; i < f->nodes[0].n; i++)
        f->root[f->nodes[f->nodes[0].child + i].c] = f->nodes[0].child + i;
    kept = ARENA_ARRAY(&f->mem, struct forbid_node, n);
    memcpy(kept, f->nodes, n * sizeof(*kept));
    f->nodes = kept;
    keep_ends(f);
}
