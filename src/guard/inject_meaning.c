/* What a text means, where its words leave the guard unsure: a line through the space of sentence
 * embeddings, learnt from the same examples by `tongban eval guard --learn-meaning` and kept as
 * rules/injection_meaning.yaml, because making the vectors of all examples takes half a minute. */
#include "guard/inject_int.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 400 };
static const double keep = 0.9, rate = 2.0, decay = 2e-5;

static enum tb_code read_weights(struct inject_line *l, const struct yaml *root, struct tb_err *e)
{
    const struct yaml *list = yaml_get(root, "weights");
    double scale = 0, bias = 0;
    int64_t w;

    if (!str_real(yaml_str(root, "scale"), &scale) || !str_real(yaml_str(root, "bias"), &bias))
        return yaml_fail(root, "要有 scale 和 bias 两个数", e);
    if (!list || list->kind != YAML_LIST || list->n != INJECT_DIM)
        return yaml_fail(list ? list : root, "weights 要有 512 个整数", e);
    for (size_t i = 0; i < INJECT_DIM; i++) {
        if (list->items[i]->kind != YAML_SCALAR || !str_i64(list->items[i]->text, &w))
            return yaml_fail(list->items[i], "这里要写一个整数", e);
        l->weights[i] = (float)((double)w * scale);
    }
    l->bias = (float)bias;
    return TB_OK;
}

enum tb_code inject_line_read(struct inject *x, struct str text, const char *file, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct yaml *root;
    int64_t version = 0;
    enum tb_code c = yaml_read(&a, text, file, &root, e);

    if (!c && (!yaml_int(root, "version", &version) || version != 1))
        c = yaml_fail(root, "开头要写 version: 1", e);
    if (!c && !yaml_str(root, "model").n)
        c = yaml_fail(root, "要写 model：这些数是给哪个向量模型的", e);
    if (!c) {
        x->line = ARENA_NEW(&x->mem, struct inject_line);
        x->line->model = arena_str(&x->mem, yaml_str(root, "model"));
        c = read_weights(x->line, root, e);
    }
    arena_release(&a);
    return c;
}

static double beyond(const struct inject_line *l, const float *v)
{
    float z = 0; /* plain sums are fast and good enough: 512 terms below 1 */

    for (size_t i = 0; i < INJECT_DIM; i++)
        z += l->weights[i] * v[i];
    return (double)(z + l->bias);
}

static void unit(const int8_t *v, float *out)
{
    float length = 0;

    for (size_t i = 0; i < INJECT_DIM; i++)
        length += (float)v[i] * (float)v[i];
    length = length > 0 ? sqrtf(length) : 1;
    for (size_t i = 0; i < INJECT_DIM; i++)
        out[i] = (float)v[i] / length;
}

bool inject_means(const struct inject *x, const struct inject_meaning *m, struct str text,
                  double *out)
{
    int8_t raw[INJECT_DIM];
    float v[INJECT_DIM];

    if (!m || !x->line || !str_eqz(x->line->model, m->model) || !m->vector(m->self, text, raw))
        return false;
    unit(raw, v);
    *out = beyond(x->line, v);
    return true;
}

/* Logistic regression by gradient with momentum: the same examples give the same line. */
static void step(struct inject_line *l, float *speed, const float *vectors, const bool *attack,
                 size_t n)
{
    float slope[INJECT_DIM + 1] = { 0 };

    for (size_t i = 0; i < n; i++) {
        const float *v = vectors + i * INJECT_DIM;
        float off = (float)((attack[i] ? 1.0 : 0.0) - 1 / (1 + exp(-beyond(l, v))));

        for (size_t k = 0; k < INJECT_DIM; k++)
            slope[k] += off * v[k];
        slope[INJECT_DIM] += off;
    }
    for (size_t k = 0; k <= INJECT_DIM; k++) {
        float *w = k < INJECT_DIM ? &l->weights[k] : &l->bias;
        double push = (double)slope[k] / (double)n - (k < INJECT_DIM ? decay * (double)*w : 0);

        speed[k] = (float)(keep * (double)speed[k] + rate * push);
        *w += speed[k];
    }
}

static void learn(struct inject_line *l, const float *vectors, const bool *attack, size_t n)
{
    float speed[INJECT_DIM + 1] = { 0 };

    memset(l->weights, 0, sizeof(l->weights));
    l->bias = 0;
    for (int round = 0; n && round < ROUNDS; round++)
        step(l, speed, vectors, attack, n);
}

static const char said[] =
    "# 拿不准的话按意思再看一眼：意思相近的攻击和问题在向量空间里被这条线分在两边。由 tongban eval "
    "guard\n"
    "# --learn-meaning 按 injection_examples.yaml 学出来，例句改多了再学一次；不要用手改。\n";

static void write_line(struct buf *b, const struct inject_line *l)
{
    float most = 1e-9F;

    for (size_t i = 0; i < INJECT_DIM; i++)
        most = fabsf(l->weights[i]) > most ? fabsf(l->weights[i]) : most;
    buf_addf(b, "%sversion: 1\nmodel: %.*s\nscale: %.8f\nbias: %.5f\nweights:\n  [", said,
             STR_FMT(l->model), (double)most / 999, (double)l->bias);
    for (size_t i = 0; i < INJECT_DIM; i++)
        buf_addf(b, "%s%ld",
                 i == 0   ? ""
                 : i % 24 ? ", "
                          : ",\n   ",
                 lroundf(l->weights[i] / most * 999));
    buf_addz(b, "]\n");
}

enum tb_code inject_learn_meaning(struct str examples, const char *examples_file,
                                  const struct inject_meaning *m, size_t most, struct buf *out,
                                  struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct inject_line l = { .model = str_z(m->model) };
    struct inject_example *v;
    float *vectors;
    bool *attack;
    size_t n = 0;
    enum tb_code c = inject_examples(&a, examples, examples_file, most, &v, &n, e);

    vectors = ARENA_ARRAY(&a, float, n *INJECT_DIM + 1);
    attack = ARENA_ARRAY(&a, bool, n + 1);
    for (size_t i = 0; i < n && !c; i++) {
        int8_t raw[INJECT_DIM];

        attack[i] = v[i].attack;
        if (!m->vector(m->self, v[i].text, raw))
            c = tb_fail(e, TB_UPSTREAM, "向量模型没有给出结果，请先安装好再学", "no vector");
        else
            unit(raw, vectors + i * INJECT_DIM);
    }
    if (!c) {
        learn(&l, vectors, attack, n);
        write_line(out, &l);
    }
    arena_release(&a);
    return c;
}
