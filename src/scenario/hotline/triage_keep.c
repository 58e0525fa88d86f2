/* A version is a folder of three model files and about.json, made whole under another name and then
 * renamed: what is there is whole, what does not verify is passed over for the one before. */
#include "scenario/hotline/triage_int.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOTE_BYTES = 1 << 30, ABOUT_BYTES = 64 << 10, NAME = 32, KEPT = 20, LONG = 4 << 20 };
static const char *const files[TRIAGE_FILES] = { "class", "department", "topic" };
static const char *const shares[TRIAGE_MODELS] = { "class", "department" };

char *triage_path(const struct triage *t, struct arena *a, const char *name)
{
    return fs_join(a, t->dir, name);
}

struct triage_served *triage_served_new(const struct triage *t, int64_t version)
{
    struct triage_served *s = tb_zalloc(sizeof(*s));

    (void)t;
    s->version = version;
    s->threshold[0] = s->threshold[1] = 1.01;
    atomic_init(&s->users, 1);
    return s;
}

void triage_served_free(struct triage_served *s)
{
    for (int i = 0; s && i < TRIAGE_FILES; i++) {
        learn_free(s->model[i]);
        tb_free(s->row[i]);
    }
    tb_free(s);
}

void triage_served_rows(const struct triage *t, struct triage_served *s)
{
    for (int i = 0; i < TRIAGE_FILES; i++) {
        size_t n = learn_label_count(s->model[i]);

        tb_free(s->row[i]);
        s->row[i] = tb_alloc(n * sizeof(*s->row[i]));
        for (uint32_t k = 0; k < n; k++) {
            s->row[i][k] = UINT32_MAX;
            for (uint32_t at = 0; at < t->label_n[i]; at++)
                if (str_eq(t->labels[i][at], learn_label(s->model[i], k)))
                    s->row[i][k] = at;
        }
    }
}

/* ---- versions ---- */

static void name_version(char out[NAME], int64_t version, const char *end)
{
    snprintf(out, NAME, "%09lld%s", (long long)version, end);
}

/* -1: the name is no version's; *back: it was set back. */
static int64_t version_of(const char *name, bool *back)
{
    struct str s = str_z(name);
    int64_t v;

    *back = str_ends(s, STR(".back"));
    if (*back)
        s = str_sub(s, 0, s.n - 5);
    return s.n == 9 && str_i64(s, &v) && v >= 0 ? v : -1;
}

int64_t triage_next_version(const struct triage *t)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    int64_t last = 0;
    char **names;
    size_t n = 0;
    bool back;

    if (fs_list(&a, t->dir, &names, &n, &e))
        n = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t v = version_of(names[i], &back);

        last = v > last ? v : last;
    }
    arena_release(&a);
    return last + 1;
}

static struct str about(struct arena *a, const struct triage_served *s)
{
    struct buf b = BUF_INIT(ABOUT_BYTES);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    json_kint(&j, "version", s->version);
    for (int i = 0; i < TRIAGE_MODELS; i++)
        json_kreal(&j, shares[i], s->threshold[i]);
    json_kreal(&j, "expected", s->expected);
    json_kint(&j, "corrections", (int64_t)s->corrections);
    json_end(&j);
    return arena_buf(a, &b);
}

static enum tb_code keep_in(const char *dir, const struct triage_served *s, struct arena *a,
                            struct tb_err *e)
{
    if (fs_mkdirs(dir, 0700, e))
        return e->code;
    for (int i = 0; i < TRIAGE_FILES; i++)
        if (learn_save(s->model[i], fs_join(a, dir, files[i]), e))
            return e->code;
    return fs_write(fs_join(a, dir, "about.json"), about(a, s), 0600, e);
}

enum tb_code triage_keep_about(const struct triage *t, const struct triage_served *s,
                               struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char name[NAME];
    enum tb_code c;

    name_version(name, s->version, "");
    c = fs_write(fs_join(&a, fs_join(&a, t->dir, name), "about.json"), about(&a, s), 0600, e);
    arena_release(&a);
    return c;
}

static void remove_version(const char *dir, const char *name)
{
    struct arena a = ARENA_INIT;
    char *path = fs_join(&a, dir, name);

    for (int i = 0; i < TRIAGE_FILES; i++)
        unlink(fs_join(&a, path, files[i]));
    unlink(fs_join(&a, path, "about.json"));
    rmdir(path);
    arena_release(&a);
}

/* The last KEPT stay, those set back among them. */
static void prune(const struct triage *t)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char **names;
    size_t n = 0, kept = 0;
    bool back;

    if (fs_list(&a, t->dir, &names, &n, &e))
        n = 0;
    for (size_t i = n; i-- > 0;)
        if (version_of(names[i], &back) >= 0 && ++kept > KEPT)
            remove_version(t->dir, names[i]);
    arena_release(&a);
}

enum tb_code triage_keep(const struct triage *t, const struct triage_served *s, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char name[NAME], part[NAME];
    char *from, *to;
    enum tb_code c;

    name_version(name, s->version, "");
    name_version(part, s->version, ".part");
    from = fs_join(&a, t->dir, part);
    to = fs_join(&a, t->dir, name);
    c = keep_in(from, s, &a, e);
    if (!c && rename(from, to))
        c = tb_fail(e, TB_STORE, "分拣模型没有存下来，请检查磁盘", "rename %s: %s", to,
                    strerror(errno));
    if (!c)
        prune(t);
    arena_release(&a);
    return c;
}

static void read_about(const char *dir, struct triage_served *s)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *row;
    struct str bytes;

    if (!fs_read(&a, fs_join(&a, dir, "about.json"), ABOUT_BYTES, &bytes, &e) &&
        !json_read(&a, bytes, &row, &e)) {
        for (int i = 0; i < TRIAGE_MODELS; i++)
            s->threshold[i] = json_get_num(row, shares[i], 1.01);
        s->expected = json_get_num(row, "expected", 0);
        s->corrections = (size_t)json_get_int(row, "corrections", 0);
    }
    arena_release(&a);
}

static enum tb_code open_version(const struct triage *t, int64_t version, const char *name,
                                 struct triage_served **out, struct tb_err *e)
{
    struct triage_served *s = triage_served_new(t, version);
    struct arena a = ARENA_INIT;
    char *dir = fs_join(&a, t->dir, name);
    enum tb_code c = TB_OK;

    for (int i = 0; i < TRIAGE_FILES && !c; i++)
        c = learn_open(fs_join(&a, dir, files[i]), &s->model[i], e);
    if (c) {
        triage_served_free(s);
    } else {
        read_about(dir, s);
        triage_served_rows(t, s);
        *out = s;
    }
    arena_release(&a);
    return c;
}

enum tb_code triage_open_newest(const struct triage *t, struct triage_served **out,
                                struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char **names;
    size_t n = 0;
    bool back;

    if (fs_list(&a, t->dir, &names, &n, e))
        n = 0;
    for (size_t i = n; i-- > 0;) {
        int64_t version = version_of(names[i], &back);

        if (version < 0 || back)
            continue;
        tb_err_clear(e);
        if (!open_version(t, version, names[i], out, e)) {
            arena_release(&a);
            return TB_OK;
        }
        log_line(LOG_ERROR, "hotline", "triage model %s is broken, the one before serves: %s",
                 names[i], e->log);
    }
    arena_release(&a);
    return tb_fail(e, TB_NOT_FOUND, "没有可用的分拣模型", "no triage model in %s", t->dir);
}

enum tb_code triage_set_back(const struct triage *t, int64_t version, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    char name[NAME], back[NAME];
    enum tb_code c = TB_OK;

    name_version(name, version, "");
    name_version(back, version, ".back");
    if (rename(fs_join(&a, t->dir, name), fs_join(&a, t->dir, back)))
        c = tb_fail(e, TB_STORE, "分拣模型没有退回，请检查磁盘", "rename %s: %s", name,
                    strerror(errno));
    arena_release(&a);
    return c;
}

/* ---- corrections ---- */

static struct str line_of(struct arena *a, const struct triage_message *m,
                          const struct triage_truth *truth)
{
    struct buf b = BUF_INIT(LONG);
    struct json j = JSON_INIT(&b);

    buf_addc(&b, '\n'); /* a line before it may have been cut short by a crash */
    json_obj(&j);
    json_kstr(&j, "title", m->title);
    json_kstr(&j, "text", m->text);
    json_kstr(&j, "class1", m->class1);
    json_kstr(&j, "class3", m->class3);
    json_kstr(&j, "department", m->department);
    json_kbool(&j, "aside", m->aside);
    json_kint(&j, "group", m->group);
    if (truth) {
        json_kstr(&j, "by", truth->by);
        json_kint(&j, "at", truth->at);
    }
    json_end(&j);
    buf_addc(&b, '\n');
    return arena_buf(a, &b);
}

enum tb_code triage_notes_add(const char *path, const struct triage_message *m,
                              const struct triage_truth *truth, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct str line = line_of(&a, m, truth);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    enum tb_code c = TB_OK;

    if (fd < 0 || write(fd, line.p, line.n) != (ssize_t)line.n || fdatasync(fd))
        c = tb_fail(e, TB_STORE, "这次改正没有记下来，请检查磁盘", "append %s: %s", path,
                    strerror(errno));
    if (fd >= 0)
        close(fd);
    arena_release(&a);
    return c;
}

enum tb_code triage_notes_write(const char *path, const struct triage_message *v, size_t n,
                                struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct buf b = BUF_INIT(NOTE_BYTES);
    enum tb_code c;

    for (size_t i = 0; i < n; i++)
        buf_add(&b, line_of(&a, &v[i], NULL));
    c = b.over ? tb_fail(e, TB_TOO_LARGE, "留作检验的消息太多", "aside over")
               : fs_write(path, buf_str(&b), 0600, e);
    buf_release(&b);
    arena_release(&a);
    return c;
}

/* A line cut short by a crash is the last one: passed over. */
enum tb_code triage_notes_read(struct arena *a, const char *path, struct triage_notes *out,
                               struct tb_err *e)
{
    struct str rest;

    *out = (struct triage_notes){ 0 };
    if (!fs_exists(path))
        return TB_OK;
    if (fs_read(a, path, NOTE_BYTES, &rest, e))
        return e->code;
    while (rest.p) {
        struct str line = str_trim(str_cut(&rest, STR("\n")));
        const struct json_value *row;
        struct tb_err bad = TB_ERR_INIT;

        if (!line.n || json_read(a, line, &row, &bad))
            continue;
        out->v = arena_grow(a, out->v, out->n, &out->cap, sizeof(*out->v));
        out->v[out->n++] = (struct triage_message){
            json_get_str(row, "title"),        json_get_str(row, "text"),
            json_get_str(row, "class1"),       json_get_str(row, "class3"),
            json_get_str(row, "department"),   (uint32_t)json_get_int(row, "group", 0),
            json_get_bool(row, "aside", false)
        };
    }
    return TB_OK;
}
