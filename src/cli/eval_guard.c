#include "cli/eval_guard.h"

#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "base/world.h"
#include "cli/meaning.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 256 << 20, KINDS = 256, TEXT_KEYS = 5, TABLE_BYTES = 4 << 20, WAYS = 5 };

struct tally {
    struct str kind;
    bool attack;
    int64_t n, hits;
};
struct eval {
    struct cli *c;
    struct inject *guard;
    struct inject_meaning model, *meaning; /* NULL: by words only */
    struct tally kinds[KINDS];
    size_t kind_n;
    struct tally attacks, harmless;
    int64_t us, worst_us;
    bool list;
};

static struct tally *tally_of(struct eval *v, struct str kind, bool attack)
{
    size_t i = 0;

    while (i < v->kind_n && (v->kinds[i].attack != attack || !str_eq(v->kinds[i].kind, kind)))
        i++;
    if (i == v->kind_n && i + 1 < KINDS)
        v->kinds[v->kind_n++] =
            (struct tally){ .kind = arena_str(&v->c->mem, kind), .attack = attack };
    return &v->kinds[i == KINDS ? KINDS - 1 : i];
}

/* The text under its usual names, so that other people's files can be read as they are; several of
 * them are one text. */
static struct str text_of(struct arena *a, const struct json_value *row)
{
    static const char *const keys[TEXT_KEYS] = { "title", "text", "prompt", "query", "question" };
    struct buf b = BUF_INIT(4 << 20);

    for (size_t i = 0; i < TEXT_KEYS; i++) {
        struct str s = json_get_str(row, keys[i]);

        if (s.n && b.n)
            buf_addc(&b, '\n');
        buf_add(&b, s);
    }
    return arena_buf(a, &b);
}

static void show(const struct eval *v, struct str text, struct str kind, bool attack,
                 const struct inject_verdict *o)
{
    if (!v->list || o->attack == attack)
        return;
    printf("%s [%.*s] %.*s\n", attack ? "漏掉" : "误报", STR_FMT(kind), STR_FMT(text));
    printf("    %.*s：%.*s（%s，%.3f）\n", STR_FMT(o->why), STR_FMT(o->words),
           inject_way_title(o->way), o->score);
}

static enum tb_code judge_line(struct eval *v, struct str line, int at, struct tb_err *e)
{
    const struct json_value *row;
    struct arena a = ARENA_INIT;
    struct inject_verdict o;
    struct str text, kind;
    int64_t before, us;
    bool attack;

    if (json_read(&a, line, &row, e) || !json_is_obj(row)) {
        struct str say = arena_printf(&v->c->mem, "第 %d 行不是一个 JSON 对象", at);

        arena_release(&a);
        return tb_fail_say(e, TB_INVALID, say, say);
    }
    text = text_of(&a, row);
    kind = json_get_str(row, "kind");
    attack = json_get_bool(row, "attack", false);
    before = world_mono_us(world_real());
    inject_judge_meaning(v->guard, v->meaning, &a, text, &o);
    us = world_mono_us(world_real()) - before;
    v->us += us;
    v->worst_us = us > v->worst_us ? us : v->worst_us;
    for (int i = 0; i < 2; i++) {
        struct tally *t = i ? tally_of(v, kind, attack) : attack ? &v->attacks : &v->harmless;

        t->n++;
        t->hits += o.attack;
    }
    show(v, text, kind, attack, &o);
    arena_release(&a);
    return TB_OK;
}

static double share(const struct tally *t)
{
    return t->n ? (double)t->hits / (double)t->n : 0;
}

static void by_kind(struct json *j, const struct eval *v, const char *key, bool attack)
{
    json_kobj(j, key);
    for (size_t i = 0; i < v->kind_n; i++) {
        const struct tally *t = &v->kinds[i];

        if (t->attack != attack)
            continue;
        json_kobj(j, t->kind.n ? t->kind.p : "-");
        json_kint(j, "n", t->n);
        json_kint(j, attack ? "caught" : "false_alarms", t->hits);
        json_kreal(j, "share", share(t));
        json_end(j);
    }
    json_end(j);
}

static void print(struct eval *v)
{
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);
    int64_t n = v->attacks.n + v->harmless.n;

    json_obj(&j);
    json_kreal(&j, "caught", share(&v->attacks));
    json_kreal(&j, "false_alarms", share(&v->harmless));
    json_kint(&j, "attacks", v->attacks.n);
    json_kint(&j, "harmless", v->harmless.n);
    by_kind(&j, v, "caught_by_kind", true);
    by_kind(&j, v, "false_alarms_by_kind", false);
    json_kbool(&j, "meaning", v->meaning != NULL);
    json_kreal(&j, "mean_ms", n ? (double)v->us / 1e3 / (double)n : 0);
    json_kreal(&j, "worst_ms", (double)v->worst_us / 1e3);
    json_end(&j);
    printf("%.*s\n", (int)b.n, b.p);
    buf_release(&b);
}

static enum tb_code judge_file(struct eval *v, const char *file, struct tb_err *e)
{
    struct str rest;
    int at = 0;

    if (fs_read(&v->c->mem, file, FILE_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));

        at++;
        if (line.n && judge_line(v, line, at, e))
            return e->code;
    }
    if (v->attacks.n + v->harmless.n == 0)
        return tb_fail(e, TB_INVALID, "文件里没有一行文字", "no lines");
    print(v);
    return TB_OK;
}

static const char *rule(struct cli *c, const char *name)
{
    return fs_join(&c->mem, share_dir(&c->mem), name);
}

/* The line between attacks and questions, anew from the examples. */
static enum tb_code learn_meaning(struct eval *v, const char *file, struct tb_err *e)
{
    const char *path = rule(v->c, "rules/injection_examples.yaml");
    struct buf b = BUF_INIT(1 << 20);
    struct str examples;
    enum tb_code c;

    if (!v->meaning)
        return tb_fail(e, TB_NOT_FOUND, "这台机器上没有向量模型，请先运行 ./setup", "no model");
    c = fs_read(&v->c->mem, path, TABLE_BYTES, &examples, e);
    if (!c)
        c = inject_learn_meaning(examples, path, v->meaning, WAYS, &b, e);
    if (!c)
        c = fs_write(file, buf_str(&b), 0644, e);
    buf_release(&b);
    return c;
}

static enum tb_code judge_with_rules(struct eval *v, const char *file, struct tb_err *e)
{
    struct inject_files f = { .table = rule(v->c, "rules/injection.yaml"),
                              .examples = rule(v->c, "rules/injection_examples.yaml"),
                              .meaning = rule(v->c, "rules/injection_meaning.yaml") };
    enum tb_code code = inject_load(&f, &v->guard, e);

    if (!code)
        code = judge_file(v, file, e);
    inject_free(v->guard);
    return code;
}

enum tb_code eval_guard(struct cli *c, struct tb_err *e)
{
    const char *file = cli_option(c, "--file"), *learn = cli_option(c, "--learn-meaning");
    bool words_only = cli_flag(c, "--no-meaning");
    struct eval v = { .c = c };
    enum tb_code code;

    v.list = cli_flag(c, "--list");
    if (cli_no_more_options(c, e))
        return e->code;
    if (!file && !learn)
        return tb_fail(e, TB_INVALID, "请用 --file 写明要评测的文件（每行一个 JSON）", "no file");
    if (!words_only && meaning_open(&c->mem, &v.model))
        v.meaning = &v.model;
    code = learn ? learn_meaning(&v, learn, e) : judge_with_rules(&v, file, e);
    meaning_close(&v.model);
    return code;
}
