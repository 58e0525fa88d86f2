#include "knowledge/index_int.h"

#include <string.h>

static bool fits(const struct index_head *h, uint64_t at, uint64_t n, uint64_t size)
{
    return at % 8 == 0 && at >= sizeof *h && at <= h->total && n <= (h->total - at) / size;
}

static bool sound(struct str bytes)
{
    const struct index_head *h = (const struct index_head *)(const void *)bytes.p;

    return bytes.n >= sizeof *h && (uintptr_t)bytes.p % 8 == 0 &&
           memcmp(h->magic, INDEX_MAGIC, sizeof h->magic) == 0 && h->version == INDEX_VERSION &&
           h->total == bytes.n && h->check == index_head_check(h) &&
           fits(h, h->docs_at, h->docs, sizeof(struct index_doc)) &&
           fits(h, h->groups_at, h->groups, sizeof(struct index_group)) &&
           fits(h, h->keys_at, h->terms, sizeof(uint32_t)) &&
           fits(h, h->terms_at, h->terms, sizeof(struct index_term)) &&
           fits(h, h->blocks_at, h->blocks, sizeof(struct index_block)) &&
           fits(h, h->chars_at, h->chars, sizeof(uint16_t)) &&
           fits(h, h->singles_at, h->singles, sizeof(struct index_single)) &&
           h->data <= UINT32_MAX && fits(h, h->data_at, h->data + INDEX_PAD, 1);
}

/* Every document lies in a group and every group within the documents, so that nobody who follows
 * them has to look. */
static bool joined(const struct index *x)
{
    const struct index_head *h = x->head;

    for (uint32_t d = 0; d < h->docs; d++)
        if (x->docs[d].group >= h->groups)
            return false;
    for (uint32_t g = 0; g < h->groups; g++)
        if (x->groups[g].first > h->docs || x->groups[g].docs > h->docs - x->groups[g].first)
            return false;
    return true;
}

enum tb_code index_view(struct str bytes, struct index *out, struct tb_err *e)
{
    const char *p = bytes.p;
    const struct index_head *h = (const struct index_head *)(const void *)p;

    if (!sound(bytes))
        return tb_fail(e, TB_CORRUPT, "检索索引文件已损坏，将重新建立", "bytes=%zu", bytes.n);
    *out = (struct index){
        .head = h,
        .docs = (const void *)(p + h->docs_at),
        .groups = (const void *)(p + h->groups_at),
        .keys = (const void *)(p + h->keys_at),
        .terms = (const void *)(p + h->terms_at),
        .blocks = (const void *)(p + h->blocks_at),
        .chars = (const void *)(p + h->chars_at),
        .singles = (const void *)(p + h->singles_at),
        .data = (const void *)(p + h->data_at),
    };
    if (!joined(out))
        return tb_fail(e, TB_CORRUPT, "检索索引文件已损坏，将重新建立", "groups do not fit");
    return TB_OK;
}

static struct units chars(const struct index *x, uint32_t at, uint32_t n)
{
    if (at > x->head->chars || n > x->head->chars - at)
        return (struct units){ NULL, 0 };
    return (struct units){ x->chars + at, n };
}

struct units index_text(const struct index *x, uint32_t doc)
{
    return chars(x, x->docs[doc].text_at, x->docs[doc].text_n);
}

struct units index_heading(const struct index *x, uint32_t doc)
{
    return chars(x, x->docs[doc].head_at, x->docs[doc].head_n);
}

struct units index_title(const struct index *x, uint32_t group)
{
    if (group >= x->head->groups)
        return (struct units){ NULL, 0 };
    return chars(x, x->groups[group].title_at, x->groups[group].title_n);
}

const struct index_term *index_find(const struct index *x, uint32_t key)
{
    uint32_t lo = 0, hi = x->head->terms;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (x->keys[mid] < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < x->head->terms && x->keys[lo] == key ? x->terms + lo : NULL;
}

uint32_t index_df(const struct index *x, uint32_t key)
{
    const struct index_term *t = index_find(x, key);

    return t ? t->df : 0;
}

uint32_t index_single_df(const struct index *x, uint16_t c)
{
    uint32_t lo = 0, hi = x->head->singles;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (x->singles[mid].c < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < x->head->singles && x->singles[lo].c == c ? x->singles[lo].df : 0;
}

/* Latin words and numbers: a hash above every Han character. */
static uint32_t word_key(const uint16_t *c, size_t n)
{
    return 0xF0000000U | (uint32_t)(str_hash(str_of((const char *)c, n * sizeof *c)) & 0x0FFFFFFF);
}

static bool in_word(struct units u, size_t i)
{
    return unit_is_word(u.c[i]) ||
           (u.c[i] == '.' && i + 1 < u.n && u.c[i + 1] >= '0' && u.c[i + 1] <= '9');
}

size_t index_keys(struct units u, uint32_t *out)
{
    size_t n = 0;

    for (size_t i = 0, j; i < u.n; i = j) {
        for (j = i; j < u.n && unit_is_han(u.c[j]); j++)
            if (j > i)
                out[n++] = index_pair(u.c[j - 1], u.c[j]);
        if (j - i == 1)
            out[n++] = index_pair(0, u.c[i]);
        if (j > i)
            continue;
        for (j = i; j < u.n && in_word(u, j); j++)
            ;
        if (j > i)
            out[n++] = word_key(u.c + i, j - i);
        j += j == i;
    }
    return n;
}
