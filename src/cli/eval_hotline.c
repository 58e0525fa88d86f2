#include "cli/eval_hotline.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "base/world.h"
#include "learn/measure.h"
#include "scenario/hotline/lessons.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 1 << 30, FIRST = 3 };

struct shape { /* of the lines of a file, and what is taught beside them */
    const char *title, *text, *label, *empty; /* empty: what stands in text for nothing */
    const char *table;                        /* that is taught when no other is named */
    enum tb_code (*teach)(struct lessons *l, const char *file, const struct str *labels,
                          size_t label_n, struct tb_err *e);
    struct learn_options options;
};
struct lines {
    struct lessons all;
    struct str *label; /* as written; "" for none */
    size_t n, cap;
};
struct eval {
    struct cli *c;
    const struct shape *shape;
    struct lines train, test, plain;
    struct str *labels;
    size_t label_n, label_cap;
    size_t among_first; /* how often the truth was among the first three */
    bool list;
};

static void take_line(struct eval *v, const struct json_value *row, struct str label,
                      struct lines *out)
{
    struct arena *a = &v->c->mem;
    struct learn_example ex = { .title = arena_str(a, json_get_str(row, v->shape->title)),
                                .text = arena_str(a, json_get_str(row, v->shape->text)),
                                .label = LEARN_UNLABELLED,
                                .weight = 1 };

    if (str_eqz(ex.text, v->shape->empty))
        ex.text = STR("");
    out->label = arena_grow(&v->c->mem, out->label, out->n, &out->cap, sizeof(*out->label));
    out->label[out->n++] = arena_str(a, label);
    out->all.a = &v->c->mem;
    lessons_add(&out->all, ex);
}

/* What stands in the line is copied: a million of them must fit. */
static bool read_line(struct eval *v, struct str line, bool labelled, struct lines *out)
{
    struct arena scratch = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *row;
    bool good = !json_read(&scratch, line, &row, &e) && json_is_obj(row);
    struct str label = good ? json_get_str(row, v->shape->label) : STR("");

    good = good && (!labelled || label.n);
    if (good)
        take_line(v, row, label, out);
    arena_release(&scratch);
    return good;
}

static enum tb_code read_lines(struct eval *v, const char *path, bool labelled, struct lines *out,
                               struct tb_err *e)
{
    struct arena *a = &v->c->mem;
    struct str rest;
    int at = 0;

    if (fs_read(a, path, FILE_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));

        at++;
        if (line.n && !read_line(v, line, labelled, out))
            goto bad;
    }
    return TB_OK;
bad:
    return tb_fail_say(e, TB_INVALID,
                       arena_printf(a, "%s 第 %d 行不是带 %s、%s%s%s 的 JSON", path, at,
                                    v->shape->title, v->shape->text, labelled ? "、" : "",
                                    labelled ? v->shape->label : ""),
                       STR("eval hotline line"));
}

/* SIZE_MAX: not known */
static size_t label_of(const struct eval *v, struct str name)
{
    for (size_t i = 0; i < v->label_n; i++)
        if (str_eq(v->labels[i], name))
            return i;
    return SIZE_MAX;
}

static size_t add_label(struct eval *v, struct str name)
{
    v->labels = arena_grow(&v->c->mem, v->labels, v->label_n, &v->label_cap, sizeof(*v->labels));
    v->labels[v->label_n] = name;
    return v->label_n++;
}

static void number_labels(struct eval *v)
{
    for (size_t i = 0; i < v->train.n; i++) {
        size_t k = label_of(v, v->train.label[i]);

        if (k == SIZE_MAX)
            k = add_label(v, v->train.label[i]);
        v->train.all.v[i].label = (uint32_t)k;
    }
}

/* A label that may come out though no example has it: a row of the duty list. */
static enum tb_code read_names(struct eval *v, const char *path, struct tb_err *e)
{
    struct str rest;

    if (!path)
        return TB_OK;
    if (fs_read(&v->c->mem, path, FILE_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        struct str name = str_trim(str_cut(&rest, STR("\n")));

        if (name.n && label_of(v, name) == SIZE_MAX)
            add_label(v, name);
    }
    return TB_OK;
}

static bool among_first(const struct learn_verdict *o, size_t labels, size_t truth)
{
    size_t before = 0;

    for (size_t k = 0; k < labels; k++)
        before += k != truth && o->p[k] > o->p[truth];
    return before < FIRST;
}

static struct learn_answer *answer_all(struct eval *v, const struct learn_model *m, int64_t *us)
{
    struct learn_answer *out = ARENA_ARRAY(&v->c->mem, struct learn_answer, v->test.n + 1);

    *us = 0;
    for (size_t i = 0; i < v->test.n; i++) {
        const struct learn_example *ex = &v->test.all.v[i];
        struct arena a = ARENA_INIT;
        struct learn_verdict o;
        int64_t before = world_mono_us(world_real());
        size_t truth = label_of(v, v->test.label[i]);

        learn_judge(m, ex->title, ex->text, &a, &o);
        *us += world_mono_us(world_real()) - before;
        v->among_first += truth != SIZE_MAX && among_first(&o, v->label_n, truth);
        /* a label the training file lacks is one more, never said */
        out[i] = (struct learn_answer){ truth == SIZE_MAX ? (uint32_t)v->label_n : (uint32_t)truth,
                                        o.best, o.sure };
        if (v->list && out[i].said != out[i].truth)
            printf("%.*s → %.*s（%.2f）：%.*s\n", STR_FMT(v->test.label[i]),
                   STR_FMT(v->labels[o.best]), o.sure, STR_FMT(ex->title));
        arena_release(&a);
    }
    return out;
}

static void print(const struct eval *v, const struct learn_measure *m, double certain, int64_t us,
                  int64_t train_ms)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);
    double n = (double)(v->test.n ? v->test.n : 1);

    json_obj(&j);
    json_kreal(&j, "accuracy", m->accuracy);
    json_kreal(&j, "top3", (double)v->among_first / n);
    json_kreal(&j, "macro_f1", m->macro_f1);
    json_kreal(&j, "calibration_error", m->calibration_error);
    json_kreal(&j, "coverage_at_95", m->coverage);
    json_kreal(&j, "precision_at_95", m->precision);
    json_kreal(&j, "best_coverage_at_95", m->best_coverage);
    json_kreal(&j, "threshold", certain);
    json_kreal(&j, "us_per_message", (double)us / n);
    json_kint(&j, "train", (int64_t)v->train.n);
    json_kint(&j, "test", (int64_t)v->test.n);
    json_kint(&j, "unlabelled", (int64_t)v->plain.n);
    json_kint(&j, "labels", (int64_t)v->label_n);
    json_kint(&j, "train_ms", train_ms);
    json_end(&j);
    printf("%.*s\n", (int)b.n, b.p);
    buf_release(&b);
}

static enum tb_code train_and_test(struct eval *v, struct tb_err *e)
{
    int64_t before = world_mono_us(world_real()), us, trained;
    struct lessons *l = &v->train.all;
    struct learn_measure got;
    struct learn_model *m;

    for (size_t i = 0; i < v->plain.n; i++)
        lessons_add(l, v->plain.all.v[i]);
    if (learn_train(l->v, l->n, v->labels, v->label_n, &v->shape->options, NULL, &m, e))
        return e->code;
    trained = (world_mono_us(world_real()) - before) / 1000;
    learn_measure(answer_all(v, m, &us), v->test.n, v->label_n + 1, learn_certain(m), &got);
    print(v, &got, learn_certain(m), us, trained);
    learn_free(m);
    return TB_OK;
}

static enum tb_code teach_classes(struct lessons *l, const char *file, const struct str *labels,
                                  size_t label_n, struct tb_err *e)
{
    struct classes c;
    struct str bytes;

    if (str_ends(str_z(file), STR(".yaml")) || str_ends(str_z(file), STR(".yml"))) {
        if (classes_load(l->a, file, &c, e))
            return e->code;
    } else if (fs_read(l->a, file, FILE_BYTES, &bytes, e) ||
               classes_read_lines(l->a, bytes, &c, e)) {
        return e->code;
    }
    lessons_add_classes(l, &c, labels, label_n);
    return TB_OK;
}

static enum tb_code teach_duties(struct lessons *l, const char *file, const struct str *labels,
                                 size_t label_n, struct tb_err *e)
{
    struct duties d;

    if (duties_load(l->a, file, &d, e))
        return e->code;
    lessons_add_common(l, &d, labels, label_n);
    return TB_OK;
}

static const struct shape messages = {
    "title", "text", "label", "", "rules/hotline_classes.yaml", teach_classes, LESSONS_CLASS
};
static const struct shape matters = {
    "name",       "main_item",       "department", "未分类", "rules/duties.yaml",
    teach_duties, LESSONS_DEPARTMENT
};

static enum tb_code teach(struct eval *v, const char *file, struct tb_err *e)
{
    if (file && strcmp(file, "none") == 0)
        return TB_OK;
    if (!file)
        file = fs_join(&v->c->mem, share_dir(&v->c->mem), v->shape->table);
    return v->shape->teach(&v->train.all, file, v->labels, v->label_n, e);
}

static enum tb_code evaluate(struct cli *c, const struct shape *shape, struct tb_err *e)
{
    struct eval v = { .c = c, .shape = shape };
    const char *train = cli_option(c, "--train"), *test = cli_option(c, "--test");
    const char *plain = cli_option(c, "--unlabelled"), *table = cli_option(c, "--taxonomy");
    const char *names = cli_option(c, "--departments");

    v.list = cli_flag(c, "--list");
    if (cli_no_more_options(c, e))
        return e->code;
    if (!train || !test)
        return tb_fail(e, TB_INVALID, "请用 --train 和 --test 写明两个文件（每行一个 JSON）",
                       "eval hotline without files");
    if (read_lines(&v, train, true, &v.train, e) || read_lines(&v, test, true, &v.test, e) ||
        (plain && read_lines(&v, plain, false, &v.plain, e)))
        return e->code;
    if (!v.test.n)
        return tb_fail(e, TB_INVALID, "--test 的文件里没有一条消息", "no lines");
    number_labels(&v);
    if (read_names(&v, names, e) || teach(&v, table, e))
        return e->code;
    return train_and_test(&v, e);
}

enum tb_code eval_hotline(struct cli *c, struct tb_err *e)
{
    return evaluate(c, &messages, e);
}

enum tb_code eval_department(struct cli *c, struct tb_err *e)
{
    return evaluate(c, &matters, e);
}
