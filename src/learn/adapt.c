#include "learn/model_int.h"
#include "learn/train.h"

#include "base/alloc.h"
#include "crypto/sm3.h"

#include <string.h>

enum { ROUNDS = 3 };
static const float ridge = 1.0F; /* 1/(2C) with C one half: one correction is no law */

struct adapting {
    struct learn_table table;
    float *weights, *z;
    size_t labels;
};

static void step(struct adapting *g, const struct learn_vector *x, uint32_t label, float weight)
{
    float length = 0;

    learn_scores(g->weights, g->labels, x, g->z);
    for (size_t i = 0; i < x->n; i++)
        length += x->v[i].v * x->v[i].v;
    for (size_t k = 0; k < g->labels; k++) {
        float y = k == label ? 1.0F : -1.0F, loss = 1 - y * g->z[k];

        g->z[k] = loss > 0 ? y * loss / (length + ridge / weight) : 0;
    }
    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; k < g->labels; k++)
            g->weights[(size_t)x->v[i].row * g->labels + k] += g->z[k] * x->v[i].v;
}

static void adapt(struct adapting *g, const struct learn_example *ex)
{
    struct arena a = ARENA_INIT;
    struct message m = message_of(&a, ex->title, ex->text, LEARN_CHARS);
    struct learn_vector x = learn_vector_of(&g->table, &a, &m);

    step(g, &x, ex->label, ex->weight);
    arena_release(&a);
}

enum tb_code learn_adapt(const struct learn_model *m, const struct learn_example *v, size_t n,
                         int64_t version, struct learn_model **out, struct tb_err *e)
{
    size_t bytes = (size_t)m->head->bytes;
    char *copy = tb_dup(m->head, bytes);
    struct adapting g = { .table = learn_table_of(m), .labels = m->head->labels };
    struct learn_head *head = (void *)copy;
    enum tb_code c;

    for (size_t i = 0; i < n; i++)
        if (v[i].label >= g.labels || !(v[i].weight > 0)) {
            tb_free(copy);
            return tb_fail(e, TB_INVALID, "训练数据里有未知的标签", "adapt example %zu", i);
        }
    head->version = version;
    g.weights = (void *)(copy + ((const char *)m->weights - (const char *)m->head));
    g.z = tb_alloc(g.labels * sizeof(*g.z));
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            adapt(&g, &v[i]);
    sm3(str_of(copy, bytes - SM3_BYTES), (unsigned char *)copy + bytes - SM3_BYTES);
    c = learn_read(str_of(copy, bytes), out, e);
    tb_free(g.z);
    tb_free(copy);
    return c;
}
