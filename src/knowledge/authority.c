#include "knowledge/authority.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_UNITS = 80 };

struct named { /* a title, whose it is, and who was the last to be counted as naming it */
    uint64_t name;
    uint32_t count;
    int64_t own, last;
};
struct voice { /* a version that may name others */
    const struct index *x;
    int64_t document;
    uint32_t part, group;
};
struct names {
    struct named *v;
    size_t mask;
};

/* Titles lose what writers leave out when they name them: the country, blanks, a bracketed note,
 * everything after a blank (a part of a code). */
static uint64_t name_of(struct units u)
{
    static const uint16_t country[] = { 0x4E2D, 0x534E, 0x4EBA, 0x6C11, 0x5171, 0x548C, 0x56FD };
    uint16_t name[NAME_MAX_UNITS];
    size_t n = 0, i = 0;

    while (i < u.n && u.c[i] == ' ')
        i++;
    if (u.n - i > 7 && memcmp(u.c + i, country, sizeof country) == 0)
        i += 7;
    for (; i < u.n && n < NAME_MAX_UNITS && u.c[i] != ' ' && u.c[i] != '('; i++)
        name[n++] = u.c[i];
    return n < 2 ? 0 : str_hash(str_of((const char *)name, n * sizeof *name));
}

static struct named *find(const struct names *t, uint64_t name)
{
    size_t i = (size_t)name & t->mask;

    while (t->v[i].name && t->v[i].name != name)
        i = (i + 1) & t->mask;
    return t->v + i;
}

static struct names make_names(const struct index *const *parts, size_t n)
{
    struct names t = { NULL, 63 };
    size_t groups = 0;

    for (size_t i = 0; i < n; i++)
        groups += parts[i]->head->groups;
    while (t.mask < 2 * groups)
        t.mask = t.mask * 2 + 1;
    t.v = tb_zalloc((t.mask + 1) * sizeof *t.v);
    for (size_t i = 0; i < n; i++) {
        for (uint32_t g = 0; g < parts[i]->head->groups; g++) {
            uint64_t name = name_of(index_title(parts[i], g));

            if (name)
                *find(&t, name) =
                    (struct named){ name, 0, parts[i]->groups[g].document_id, INT64_MIN };
        }
    }
    return t;
}

/* Counts every title named in u once for the policy `by`, but for its own. */
static void count(const struct names *t, struct units u, int64_t by)
{
    for (size_t i = 0, open = SIZE_MAX; i < u.n; i++) {
        struct named *k;

        if (u.c[i] == 0x300A)
            open = i + 1;
        if (u.c[i] != 0x300B || open == SIZE_MAX || i - open > NAME_MAX_UNITS)
            continue;
        k = find(t, name_of((struct units){ u.c + open, i - open }));
        open = SIZE_MAX;
        if (k->name && k->last != by && k->own != by) {
            k->last = by;
            k->count++;
        }
    }
}

static int by_document(const void *a, const void *b)
{
    const struct voice *x = a, *y = b;

    if (x->document != y->document)
        return x->document < y->document ? -1 : 1;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

/* All versions, those of one policy together: only then is `last` enough to count it once. */
static struct voice *voices_of(const struct index *const *parts, size_t n, size_t *out)
{
    struct voice *v;
    size_t groups = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        groups += parts[i]->head->groups;
    v = tb_alloc((groups + 1) * sizeof *v);
    for (size_t i = 0; i < n; i++)
        for (uint32_t g = 0; g < parts[i]->head->groups; g++)
            v[at++] = (struct voice){ parts[i], parts[i]->groups[g].document_id, (uint32_t)i, g };
    if (groups)
        qsort(v, groups, sizeof *v, by_document);
    *out = groups;
    return v;
}

static void listen(const struct names *t, const struct voice *v)
{
    const struct index_group *g = v->x->groups + v->group;

    for (uint32_t d = g->first; d < g->first + g->docs; d++)
        count(t, index_text(v->x, d), v->document);
    count(t, index_title(v->x, v->group), v->document);
}

void authority_measure(const struct index *const *parts, size_t n, float *const *out)
{
    struct names t = make_names(parts, n);
    size_t voices;
    struct voice *v = voices_of(parts, n, &voices);

    for (size_t i = 0; i < voices; i++)
        listen(&t, v + i);
    for (size_t i = 0; i < n; i++)
        for (uint32_t g = 0; g < parts[i]->head->groups; g++)
            out[i][g] = log1pf((float)find(&t, name_of(index_title(parts[i], g)))->count);
    tb_free(v);
    tb_free(t.v);
}
