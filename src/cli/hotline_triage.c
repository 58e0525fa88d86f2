/* `tongban hotline train`, `test`, `judge` and `back`: the triage's models, seen from outside the
 * server. */
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "cli/hotline.h"
#include "scenario/hotline/teach.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 1 << 30, STEPS = 20, OUT_BYTES = 16 << 20 };

static enum tb_code open_triage(struct cli *c, struct triage **out, struct tb_err *e)
{
    return triage_load(fs_join(&c->mem, share_dir(&c->mem), "rules"),
                       fs_join(&c->mem, c->data, TRIAGE_FOLDER), out, e);
}

static enum tb_code read_file(struct cli *c, const char *path, struct triage_message **v, size_t *n,
                              struct tb_err *e)
{
    struct str lines;

    if (fs_read(&c->mem, path, FILE_BYTES, &lines, e))
        return e->code;
    return teach_lines(&c->mem, lines, v, n, e);
}

static void print(struct buf *b)
{
    printf("%.*s\n", (int)b->n, b->p);
    buf_release(b);
}

/* ---- train ---- */

static void say_part(struct json *j, const char *key, const struct triage_part_report *p)
{
    json_kobj(j, key);
    json_kint(j, "messages", (int64_t)p->messages);
    json_kint(j, "labels", (int64_t)p->labels);
    json_kint(j, "aside", (int64_t)p->aside);
    json_kreal(j, "accuracy", p->accuracy);
    json_kreal(j, "loss", p->loss);
    json_kreal(j, "accuracy_before", p->before);
    json_kreal(j, "loss_before", p->before_loss);
    json_kreal(j, "threshold", p->threshold);
    json_kreal(j, "automatic", p->automatic);
    json_kreal(j, "right_of_automatic", p->right);
    json_end(j);
}

static void say_report(const struct triage_report *r)
{
    struct buf b = BUF_INIT(OUT_BYTES);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kbool(&j, "taken", r->taken);
    json_kint(&j, "version", r->version);
    say_part(&j, "class", &r->part[TRIAGE_CLASS]);
    say_part(&j, "department", &r->part[TRIAGE_DEPARTMENT]);
    json_end(&j);
    print(&b);
}

enum tb_code hotline_train(struct cli *c, struct tb_err *e)
{
    const char *file = cli_option(c, "--file"), *city = cli_option(c, "--city");
    struct triage_message *v = NULL;
    struct triage_report r;
    struct triage *t;
    size_t n = 0;
    enum tb_code code;

    if (cli_no_more_options(c, e))
        return e->code;
    if (file ? read_file(c, file, &v, &n, e)
             : teach_sample(&c->mem, city ? city : "demo", &v, &n, e))
        return e->code;
    if (!n)
        return tb_fail(e, TB_INVALID, "没有可学的消息：用 --file 给一个文件，或 --city 给城市资料",
                       "no messages");
    if (open_triage(c, &t, e))
        return e->code;
    code = triage_train(t, v, n, &r, e);
    if (!code)
        say_report(&r);
    triage_free(t);
    return code;
}

/* ---- test ---- */

struct tally {
    struct str truth, said;
    size_t n;
};
struct part { /* class or department */
    const char *key;
    size_t n, right, automatic, automatic_right, cells;
    size_t above[STEPS], right_above[STEPS]; /* at thresholds 0, 1/STEPS … */
    struct tally *v;
    size_t cap;
};

static void count_cell(struct arena *a, struct part *p, struct str truth, struct str said)
{
    size_t i = 0;

    while (i < p->cells && !(str_eq(p->v[i].truth, truth) && str_eq(p->v[i].said, said)))
        i++;
    if (i == p->cells) {
        p->v = arena_grow(a, p->v, p->cells, &p->cap, sizeof(*p->v));
        p->v[p->cells++] = (struct tally){ arena_str(a, truth), arena_str(a, said), 0 };
    }
    p->v[i].n++;
}

static void take_answer(struct arena *a, struct part *p, struct str truth,
                        const struct triage_choice *said)
{
    bool right = str_eq(truth, said->value);

    if (!truth.n)
        return;
    p->n++;
    p->right += right;
    p->automatic += said->certain;
    p->automatic_right += said->certain && right;
    for (int i = 0; i < STEPS; i++)
        if (said->sure * STEPS >= i) {
            p->above[i]++;
            p->right_above[i] += right;
        }
    count_cell(a, p, truth, said->value);
}

static double share(size_t part, size_t all)
{
    return all ? (double)part / (double)all : 0;
}

static void say_tested(struct json *j, const struct part *p)
{
    json_kobj(j, p->key);
    json_kint(j, "messages", (int64_t)p->n);
    json_kreal(j, "accuracy", share(p->right, p->n));
    json_kreal(j, "automatic", share(p->automatic, p->n));
    json_kreal(j, "right_of_automatic", share(p->automatic_right, p->automatic));
    json_karr(j, "curve"); /* what a threshold would give */
    for (int i = 0; i < STEPS; i++) {
        json_obj(j);
        json_kreal(j, "threshold", (double)i / STEPS);
        json_kreal(j, "automatic", share(p->above[i], p->n));
        json_kreal(j, "right", share(p->right_above[i], p->above[i]));
        json_end(j);
    }
    json_end(j);
    json_karr(j, "confusion");
    for (size_t i = 0; i < p->cells; i++) {
        json_obj(j);
        json_kstr(j, "truth", p->v[i].truth);
        json_kstr(j, "said", p->v[i].said);
        json_kint(j, "n", (int64_t)p->v[i].n);
        json_end(j);
    }
    json_end(j);
    json_end(j);
}

static void test_all(struct cli *c, const struct triage *t, const struct triage_message *v,
                     size_t n, struct part parts[2])
{
    for (size_t i = 0; i < n; i++) {
        struct arena a = ARENA_INIT;
        struct triage_verdict o;

        triage_judge(t, v[i].title, v[i].text, &a, &o);
        take_answer(&c->mem, &parts[0], v[i].class1, &o.level[0]);
        take_answer(&c->mem, &parts[1], v[i].department, &o.department);
        arena_release(&a);
    }
}

enum tb_code hotline_test(struct cli *c, struct tb_err *e)
{
    const char *file = cli_option(c, "--file");
    struct part parts[2] = { { .key = "class" }, { .key = "department" } };
    struct buf b = BUF_INIT(OUT_BYTES);
    struct json j = JSON_INIT(&b);
    struct triage_message *v;
    struct triage *t;
    size_t n;

    if (cli_no_more_options(c, e))
        return e->code;
    if (!file)
        return tb_fail(e, TB_INVALID, "请用 --file 写明已分类的消息（每行一个 JSON）", "no file");
    if (read_file(c, file, &v, &n, e) || open_triage(c, &t, e))
        return e->code;
    test_all(c, t, v, n, parts);
    triage_free(t);
    json_obj(&j);
    say_tested(&j, &parts[0]);
    say_tested(&j, &parts[1]);
    json_end(&j);
    print(&b);
    return TB_OK;
}

/* ---- judge and back ---- */

static void say_choice(struct json *j, const char *key, const struct triage_choice *o)
{
    json_kobj(j, key);
    json_kstr(j, "value", o->value);
    json_kreal(j, "sure", o->sure);
    json_kbool(j, "certain", o->certain);
    json_karr(j, "words");
    for (size_t i = 0; i < o->word_n; i++)
        json_str(j, o->words[i]);
    json_end(j);
    json_end(j);
}

static void say_verdict(const struct triage_verdict *v)
{
    static const char *const levels[TRIAGE_LEVELS] = { "class1", "class2", "class3" };
    struct buf b = BUF_INIT(OUT_BYTES);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    for (int i = 0; i < TRIAGE_LEVELS; i++)
        say_choice(&j, levels[i], &v->level[i]);
    say_choice(&j, "kind", &v->kind_by);
    say_choice(&j, "department", &v->department);
    json_kstr(&j, "department_name", v->department_name);
    json_kstr(&j, "duty", v->duty);
    json_kstr(&j, "duty_at", v->duty_at);
    json_kstr(&j, "urgency_title", str_z(triage_urgency_title(v->urgency)));
    say_choice(&j, "urgency", &v->urgency_by);
    say_choice(&j, "mood", &v->mood_by);
    say_choice(&j, "repeat", &v->repeat);
    say_choice(&j, "secret", &v->secret);
    json_kstr(&j, "accused", v->accused);
    json_kstr(&j, "deadline", v->deadline);
    json_kint(&j, "deadline_days", v->deadline_days);
    json_kint(&j, "parts", (int64_t)v->part_n);
    json_kbool(&j, "person", v->person);
    json_kbool(&j, "person_at_once", v->person_at_once);
    json_kstr(&j, "person_why", v->person_why);
    json_kint(&j, "model", v->model);
    json_end(&j);
    print(&b);
}

enum tb_code hotline_judge(struct cli *c, struct tb_err *e)
{
    const char *title = cli_option(c, "--title");
    struct triage_verdict v;
    struct triage *t;

    if (cli_no_more_options(c, e))
        return e->code;
    if (c->argc != 1)
        return tb_fail(e, TB_INVALID, "请把诉求写在引号里：tongban hotline judge \"路灯不亮\"",
                       "judge without a text");
    if (open_triage(c, &t, e))
        return e->code;
    triage_judge(t, str_z(title), str_z(c->argv[0]), &c->mem, &v);
    say_verdict(&v);
    triage_free(t);
    return TB_OK;
}

enum tb_code hotline_back(struct cli *c, struct tb_err *e)
{
    struct triage *t;
    int64_t version;
    enum tb_code code;

    if (cli_no_more_options(c, e) || open_triage(c, &t, e))
        return e->code;
    code = triage_undo(t, &version, e);
    if (!code)
        printf("{\"version\":%lld}\n", (long long)version);
    triage_free(t);
    return code;
}
