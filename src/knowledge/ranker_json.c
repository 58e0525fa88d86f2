/* A ranker as JSON: the writer gives ten digits, one more than tell a float from its neighbours.
 * What is read is checked, so that no tree runs in a circle or leaves its nodes. */
#include "knowledge/ranker_int.h"

#include "base/alloc.h"

#include <math.h>

enum { TREES_MAX = 5000 };

static void write_floats(struct json *j, const char *key, const float *v)
{
    json_karr(j, key);
    for (int i = 0; i < RANK_FEATURES; i++)
        json_real(j, (double)v[i]);
    json_end(j);
}

/* feature, left, value of each node. */
static void write_tree(struct json *j, const struct tree *t)
{
    json_arr(j);
    for (size_t i = 0; i < t->n; i++) {
        json_int(j, t->v[i].feature);
        json_int(j, t->v[i].left);
        json_real(j, (double)t->v[i].value);
    }
    json_end(j);
}

void ranker_write(const struct ranker *r, struct json *j)
{
    json_obj(j);
    json_kint(j, "scale", RANK_SCALE);
    write_floats(j, "mean", r->mean);
    write_floats(j, "spread", r->spread);
    write_floats(j, "weight", r->weight);
    json_karr(j, "trees");
    for (size_t i = 0; i < r->forest.n; i++)
        write_tree(j, r->forest.v + i);
    json_end(j);
    json_end(j);
}

static bool read_float(const struct json_value *v, float *out)
{
    double d = json_num(v, NAN);

    *out = (float)d;
    return isfinite(d) && isfinite(*out);
}

static bool read_floats(const struct json_value *v, float *out)
{
    struct json_walk w = json_walk(v);

    if (json_len(v) != RANK_FEATURES)
        return false;
    for (int i = 0; i < RANK_FEATURES; i++)
        if (!read_float(json_step(&w), out + i))
            return false;
    return true;
}

static bool read_node(struct json_walk *w, size_t i, size_t n, struct tree_node *out)
{
    int64_t feature = json_i64(json_step(w), INT64_MIN), left = json_i64(json_step(w), -1);

    if (feature < -1 || feature >= RANK_FEATURES || !read_float(json_step(w), &out->value))
        return false;
    if (feature >= 0 && (left <= (int64_t)i || left + 1 >= (int64_t)n))
        return false;
    out->feature = (int16_t)feature;
    out->left = (uint16_t)(feature >= 0 ? left : 0);
    return true;
}

static bool read_tree(const struct json_value *v, struct tree *out)
{
    struct json_walk w = json_walk(v);
    size_t n = json_len(v) / 3;

    if (n == 0 || n > TREE_NODES || json_len(v) != 3 * n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_node(&w, i, n, out->v + i))
            return false;
    out->n = (uint16_t)n;
    return true;
}

static bool read_forest(const struct json_value *v, struct forest *out)
{
    struct json_walk w = json_walk(v);
    size_t n = json_len(v);

    if (!json_is_arr(v) || n > TREES_MAX)
        return false;
    out->v = n ? tb_zalloc(n * sizeof *out->v) : NULL;
    for (; out->n < n; out->n++)
        if (!read_tree(json_step(&w), out->v + out->n))
            return false;
    return true;
}

static bool spreads(const struct ranker *r)
{
    for (int i = 0; i < RANK_FEATURES; i++)
        if (r->spread[i] <= 0)
            return false;
    return true;
}

struct ranker *ranker_read(const struct json_value *v)
{
    struct ranker *r = tb_zalloc(sizeof *r);

    if (json_get_int(v, "scale", -1) == RANK_SCALE && read_floats(json_get(v, "mean"), r->mean) &&
        read_floats(json_get(v, "spread"), r->spread) && spreads(r) &&
        read_floats(json_get(v, "weight"), r->weight) &&
        read_forest(json_get(v, "trees"), &r->forest))
        return r;
    ranker_free(r);
    return NULL;
}
