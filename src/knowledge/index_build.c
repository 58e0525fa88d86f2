#include "knowledge/index_int.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* A growing array of T. */
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *v;                                                                                      \
        size_t n, cap;                                                                             \
    }
#define VEC_ROOM(a, more) vec_room((void **)&(a)->v, (a)->n + (more), &(a)->cap, sizeof *(a)->v)
#define VEC_ADD(a, item) (VEC_ROOM(a, 1), (a)->v[(a)->n++] = (item))

static void vec_room(void **v, size_t need, size_t *cap, size_t size)
{
    if (need <= *cap)
        return;
    *cap = need > *cap * 2 ? need : *cap * 2;
    *v = tb_realloc(*v, *cap * size);
}

enum { UNITS = 0x10000 };

struct posting {
    uint32_t term, tf;
};
struct slot {           /* the dictionary while building: term by key */
    uint32_t key, term; /* term + 1; 0: free */
};

struct index_builder {
    VEC(struct index_doc) docs;
    VEC(struct index_group) groups;
    VEC(uint16_t) chars;
    VEC(struct posting) postings; /* by document */
    VEC(uint32_t) first;          /* of each document, in postings */
    VEC(uint32_t) keys;           /* by term */
    VEC(uint32_t) df;
    VEC(uint32_t) seen; /* by term: its latest posting + 1 */
    VEC(uint32_t) title_keys;
    VEC(uint32_t) scratch;
    struct slot *slots;
    size_t nslots;
    uint32_t head_at, head_n;
    struct str heading;                /* the latest, owned */
    uint32_t *single_df, *single_seen; /* by character; seen: the latest document + 1 */
    struct arena mem;                  /* for one text at a time */
    bool over;
};

struct index_builder *index_builder_new(void)
{
    struct index_builder *b = tb_zalloc(sizeof *b);

    b->nslots = 1 << 12;
    b->slots = tb_zalloc(b->nslots * sizeof *b->slots);
    b->single_df = tb_zalloc(2 * UNITS * sizeof(uint32_t));
    b->single_seen = b->single_df + UNITS;
    return b;
}

void index_builder_free(struct index_builder *b)
{
    if (!b)
        return;
    tb_free(b->docs.v);
    tb_free(b->groups.v);
    tb_free(b->chars.v);
    tb_free(b->postings.v);
    tb_free(b->first.v);
    tb_free(b->keys.v);
    tb_free(b->df.v);
    tb_free(b->seen.v);
    tb_free(b->title_keys.v);
    tb_free(b->scratch.v);
    tb_free(b->slots);
    tb_free(b->single_df);
    tb_free((void *)(uintptr_t)b->heading.p);
    arena_release(&b->mem);
    tb_free(b);
}

static struct slot *slot_of(struct slot *slots, size_t n, uint32_t key)
{
    size_t i = (key * 0x9e3779b1U) & (n - 1);

    while (slots[i].term && slots[i].key != key)
        i = (i + 1) & (n - 1);
    return slots + i;
}

static void grow_slots(struct index_builder *b)
{
    size_t n = b->nslots * 2;
    struct slot *slots = tb_zalloc(n * sizeof *slots);

    for (size_t i = 0; i < b->nslots; i++)
        if (b->slots[i].term)
            *slot_of(slots, n, b->slots[i].key) = b->slots[i];
    tb_free(b->slots);
    b->slots = slots;
    b->nslots = n;
}

static uint32_t term_of(struct index_builder *b, uint32_t key)
{
    struct slot *s = slot_of(b->slots, b->nslots, key);

    if (s->term)
        return s->term - 1;
    VEC_ADD(&b->keys, key);
    VEC_ADD(&b->df, 0);
    VEC_ADD(&b->seen, 0);
    s->key = key;
    s->term = (uint32_t)b->keys.n;
    if (b->keys.n * 2 > b->nslots)
        grow_slots(b);
    return (uint32_t)b->keys.n - 1;
}

/* Counts keys into the document whose postings began at `from`. */
static void count(struct index_builder *b, size_t from, const uint32_t *key, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t t = term_of(b, key[i]), at = b->seen.v[t];

        if (at > from) {
            b->postings.v[at - 1].tf++;
            continue;
        }
        VEC_ADD(&b->postings, ((struct posting){ t, 1 }));
        b->seen.v[t] = (uint32_t)b->postings.n;
        b->df.v[t]++;
    }
}

static void count_singles(struct index_builder *b, struct units u)
{
    uint32_t doc = (uint32_t)b->docs.n; /* already added: so it is doc + 1 */

    for (size_t i = 0; i < u.n; i++) {
        if (!unit_is_han(u.c[i]) || b->single_seen[u.c[i]] == doc)
            continue;
        b->single_seen[u.c[i]] = doc;
        b->single_df[u.c[i]]++;
    }
}

static uint32_t keep_chars(struct index_builder *b, struct units u)
{
    size_t at = b->chars.n;

    if (at + u.n > UINT32_MAX) {
        b->over = true;
        return 0;
    }
    VEC_ROOM(&b->chars, u.n);
    if (u.n)
        memcpy(b->chars.v + at, u.c, u.n * sizeof *u.c);
    b->chars.n += u.n;
    return (uint32_t)at;
}

static struct units kept(const struct index_builder *b, uint32_t at, uint32_t n)
{
    return (struct units){ b->chars.v + at, n };
}

static size_t scratch_keys(struct index_builder *b, struct units u)
{
    b->scratch.n = 0;
    VEC_ROOM(&b->scratch, u.n + 1);
    return index_keys(u, b->scratch.v);
}

void index_builder_group(struct index_builder *b, int64_t id, int64_t document_id, uint64_t stamp,
                         struct str title)
{
    struct units u = normal_units(&b->mem, title);
    struct index_group g = { .id = id,
                             .document_id = document_id,
                             .stamp = stamp,
                             .title_at = keep_chars(b, u),
                             .title_n = (uint32_t)u.n,
                             .first = (uint32_t)b->docs.n };

    VEC_ADD(&b->groups, g);
    b->title_keys.n = 0;
    VEC_ROOM(&b->title_keys, u.n + 1);
    b->title_keys.n = index_keys(u, b->title_keys.v);
    arena_release(&b->mem);
}

static void set_heading(struct index_builder *b, struct str heading)
{
    struct units u;

    if (b->heading.p && str_eq(heading, b->heading))
        return;
    tb_free((void *)(uintptr_t)b->heading.p);
    b->heading = str_of(tb_dup(heading.p, heading.n), heading.n);
    u = normal_units(&b->mem, heading);
    b->head_at = keep_chars(b, u);
    b->head_n = (uint32_t)u.n;
}

/* The keys of u: made first, for making them may move the scratch they lie in. */
static void count_text(struct index_builder *b, size_t from, struct units u)
{
    size_t n = scratch_keys(b, u);

    count(b, from, b->scratch.v, n);
}

void index_builder_add(struct index_builder *b, int64_t id, struct str heading, struct str text)
{
    size_t from = b->postings.n;
    struct units u = normal_units(&b->mem, text);
    struct index_doc d = { .id = id, .group = (uint32_t)b->groups.n - 1 };

    set_heading(b, heading);
    d.text_at = keep_chars(b, u);
    d.text_n = (uint32_t)u.n;
    d.head_at = b->head_at;
    d.head_n = b->head_n;
    d.norm = index_norm(u.n + d.head_n + b->groups.v[d.group].title_n);
    b->groups.v[d.group].docs++;
    if (from + u.n + d.head_n + b->title_keys.n > UINT32_MAX)
        b->over = true;
    VEC_ADD(&b->docs, d);
    VEC_ADD(&b->first, (uint32_t)from);
    if (!b->over) {
        count_text(b, from, u);
        count_text(b, from, kept(b, d.head_at, d.head_n));
        count(b, from, b->title_keys.v, b->title_keys.n);
        count_singles(b, u);
        count_singles(b, kept(b, d.head_at, d.head_n));
        count_singles(b, kept(b, b->groups.v[d.group].title_at, b->groups.v[d.group].title_n));
    }
    arena_release(&b->mem);
}

struct by_key {
    uint32_t key, term;
};

static int key_order(const void *a, const void *b)
{
    const struct by_key *x = a, *y = b;

    return (x->key > y->key) - (x->key < y->key);
}

/* Postings turned around: for each term its documents and counts, in order. */
struct turned {
    uint32_t *doc, *tf, *start; /* start by term */
};

static struct turned turn(const struct index_builder *b)
{
    size_t n = b->postings.n, terms = b->keys.n;
    struct turned t = { tb_alloc(n * sizeof(uint32_t)), tb_alloc(n * sizeof(uint32_t)),
                        tb_alloc((terms + 1) * sizeof(uint32_t)) };
    uint32_t at = 0;

    for (size_t i = 0; i < terms; i++) {
        t.start[i] = at;
        at += b->df.v[i];
    }
    for (size_t d = 0; d < b->docs.n; d++) {
        size_t end = d + 1 < b->docs.n ? b->first.v[d + 1] : n;

        for (size_t i = b->first.v[d]; i < end; i++) {
            uint32_t p = t.start[b->postings.v[i].term]++;

            t.doc[p] = (uint32_t)d;
            t.tf[p] = b->postings.v[i].tf;
        }
    }
    for (size_t i = 0; i < terms; i++)
        t.start[i] -= b->df.v[i];
    return t;
}

struct encoded {
    VEC(struct index_block) blocks;
    VEC(uint8_t) data;
};

static uint8_t most_of(const struct index_builder *b, const uint32_t *doc, const uint32_t *tf,
                       uint32_t n)
{
    float most = 0;

    for (uint32_t i = 0; i < n; i++) {
        float r = index_ratio(tf[i], b->docs.v[doc[i]].norm);

        most = r > most ? r : most;
    }
    return (uint8_t)(most * 255.0F) == 255 ? 255 : (uint8_t)(most * 255.0F + 1.0F);
}

static void encode(const struct index_builder *b, const uint32_t *doc, const uint32_t *tf,
                   uint32_t df, struct encoded *out)
{
    uint32_t before = UINT32_MAX;

    for (uint32_t i = 0; i < df; i += INDEX_BLOCK) {
        uint32_t n = df - i < INDEX_BLOCK ? df - i : INDEX_BLOCK;
        struct index_block k = { .at = (uint32_t)out->data.n,
                                 .most = most_of(b, doc + i, tf + i, n) };

        VEC_ROOM(&out->data, 1100);
        out->data.n += block_pack(doc + i, tf + i, n, before, &k, out->data.v + out->data.n);
        VEC_ADD(&out->blocks, k);
        before = k.last;
    }
}

static uint64_t lay(uint64_t *at, uint64_t n, uint64_t size)
{
    uint64_t here = (*at + 7) & ~UINT64_C(7);

    *at = here + n * size;
    return here;
}

static uint32_t singles_of(const struct index_builder *b, struct index_single *out)
{
    uint32_t n = 0;

    for (uint32_t c = 0; c < UNITS; c++) {
        if (b->single_df[c] && out)
            out[n] = (struct index_single){ c, b->single_df[c] };
        n += b->single_df[c] > 0;
    }
    return n;
}

static struct index_head plan(const struct index_builder *b, const struct encoded *enc)
{
    struct index_head h = { .magic = INDEX_MAGIC,
                            .version = INDEX_VERSION,
                            .docs = (uint32_t)b->docs.n,
                            .groups = (uint32_t)b->groups.n,
                            .terms = (uint32_t)b->keys.n,
                            .blocks = (uint32_t)enc->blocks.n,
                            .chars = (uint32_t)b->chars.n,
                            .singles = singles_of(b, NULL),
                            .data = enc->data.n };
    uint64_t at = sizeof h;

    h.docs_at = lay(&at, h.docs, sizeof(struct index_doc));
    h.groups_at = lay(&at, h.groups, sizeof(struct index_group));
    h.keys_at = lay(&at, h.terms, sizeof(uint32_t));
    h.terms_at = lay(&at, h.terms, sizeof(struct index_term));
    h.blocks_at = lay(&at, h.blocks, sizeof(struct index_block));
    h.chars_at = lay(&at, h.chars, sizeof(uint16_t));
    h.singles_at = lay(&at, h.singles, sizeof(struct index_single));
    h.data_at = lay(&at, h.data + INDEX_PAD, 1);
    h.total = (at + 7) & ~UINT64_C(7);
    h.check = index_head_check(&h);
    return h;
}

static void put(char *p, uint64_t at, const void *from, size_t n)
{
    if (n)
        memcpy(p + at, from, n);
}

static struct str assemble(const struct index_builder *b, const struct encoded *enc,
                           const uint32_t *keys, const struct index_term *terms)
{
    struct index_head h = plan(b, enc);
    char *p = tb_zalloc((size_t)h.total);

    put(p, 0, &h, sizeof h);
    put(p, h.docs_at, b->docs.v, h.docs * sizeof(struct index_doc));
    put(p, h.groups_at, b->groups.v, h.groups * sizeof(struct index_group));
    put(p, h.keys_at, keys, h.terms * sizeof(uint32_t));
    put(p, h.terms_at, terms, h.terms * sizeof(struct index_term));
    put(p, h.blocks_at, enc->blocks.v, h.blocks * sizeof(struct index_block));
    put(p, h.chars_at, b->chars.v, h.chars * sizeof(uint16_t));
    singles_of(b, (struct index_single *)(void *)(p + h.singles_at));
    put(p, h.data_at, enc->data.v, (size_t)h.data);
    return str_of(p, (size_t)h.total);
}

static struct by_key *sorted_terms(const struct index_builder *b)
{
    struct by_key *order = tb_alloc(b->keys.n * sizeof *order);

    for (size_t i = 0; i < b->keys.n; i++)
        order[i] = (struct by_key){ b->keys.v[i], (uint32_t)i };
    qsort(order, b->keys.n, sizeof *order, key_order);
    return order;
}

static struct str finish(struct index_builder *b)
{
    struct turned t = turn(b);
    struct by_key *order = sorted_terms(b);
    uint32_t *keys = tb_alloc(b->keys.n * sizeof *keys);
    struct index_term *terms = tb_alloc(b->keys.n * sizeof *terms);
    struct encoded enc = { 0 };
    struct str out;

    for (size_t i = 0; i < b->keys.n; i++) {
        uint32_t from = t.start[order[i].term], df = b->df.v[order[i].term];

        keys[i] = order[i].key;
        if (df == 1) {
            terms[i] = (struct index_term){ 1, t.doc[from], t.tf[from] };
            continue;
        }
        terms[i] = (struct index_term){ df, (uint32_t)enc.blocks.n, 0 };
        encode(b, t.doc + from, t.tf + from, df, &enc);
    }
    out = assemble(b, &enc, keys, terms);
    tb_free(enc.blocks.v);
    tb_free(enc.data.v);
    tb_free(terms);
    tb_free(keys);
    tb_free(order);
    tb_free(t.doc);
    tb_free(t.tf);
    tb_free(t.start);
    return out;
}

enum tb_code index_builder_end(struct index_builder *b, struct str *out, struct tb_err *e)
{
    bool over = b->over;

    if (!over)
        *out = finish(b);
    index_builder_free(b);
    if (over)
        return tb_fail(e, TB_TOO_LARGE, "知识库文字总量超过一个索引的上限", "chars>2^32");
    return TB_OK;
}
