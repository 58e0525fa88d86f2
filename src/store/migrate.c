#include "store/migrate.h"

#include "base/date.h"
#include "base/fs.h"
#include "base/log.h"
#include "store/db_int.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct step {
    int number;
    const char *name;
};

/* "0001_start.sql" -> 1; 0 when the name is something else. */
static int number_of(const char *name)
{
    int n = 0, at = 0;

    if (sscanf(name, "%4d_%n", &n, &at) != 1 || at != 5 || n < 1)
        return 0;
    return str_ends(str_z(name), STR(".sql")) ? n : 0;
}

static enum tb_code steps_list(struct arena *a, const char *dir, struct step **out, size_t *n,
                               struct tb_err *e)
{
    char **names;
    size_t count, kept = 0;
    struct step *steps;

    if (fs_list(a, dir, &names, &count, e))
        return e->code;
    steps = ARENA_ARRAY(a, struct step, count + 1);
    for (size_t i = 0; i < count; i++) {
        int number = number_of(names[i]);

        if (number == 0)
            continue;
        if (number != (int)kept + 1)
            return tb_fail(e, TB_INTERNAL, "安装不完整：数据库升级文件的编号不连续，请重新安装",
                           "dir=%s file=%s", dir, names[i]);
        steps[kept++] = (struct step){ number, names[i] };
    }
    if (kept == 0)
        return tb_fail(e, TB_NOT_FOUND, "安装不完整：找不到数据库升级文件，请重新安装", "dir=%s",
                       dir);
    *out = steps;
    *n = kept;
    return TB_OK;
}

enum tb_code migrate_number(struct db *d, int *out, struct tb_err *e)
{
    int64_t n;

    *out = 0;
    if (db_run(d,
               SQL("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, "
                   "name TEXT NOT NULL, applied_at BIGINT NOT NULL)"),
               NO_ARGS, e) ||
        db_ask_int(d, SQL("SELECT max(number) FROM migration"), NO_ARGS, &n, NULL, e))
        return e->code;
    *out = (int)n;
    return TB_OK;
}

static enum tb_code apply(struct db *d, struct arena *a, const char *dir, const struct step *s,
                          const struct world *w, struct tb_err *e)
{
    struct str text;
    enum tb_code c;

    if (fs_read(a, fs_join(a, dir, s->name), 4 << 20, &text, e) || db_begin(d, e))
        return e->code;
    c = db_script(d, text.p, e);
    if (!c)
        c = db_run(d, SQL("INSERT INTO migration(number, name, applied_at) VALUES(:n, :name, :at)"),
                   ARGS(db_int("n", s->number), db_text("name", str_z(s->name)),
                        db_int("at", world_now_ms(w))),
                   e);
    return db_end(d, c, e);
}

static enum tb_code save_first(struct db *d, struct arena *a, const char *backup_dir,
                               const struct world *w, struct migrate_result *out, struct tb_err *e)
{
    char *path;

    if (!backup_dir || out->from == 0)
        return TB_OK;
    if (fs_mkdirs(backup_dir, 0700, e))
        return e->code;
    path = fs_join(
        a, backup_dir,
        arena_z(a, arena_printf(a, "schema-%04d-%lld.db", out->from, (long long)world_now_ms(w))));
    if (db_copy(d, path, e))
        return e->code;
    out->saved_as = str_z(path);
    log_line(LOG_INFO, "schema_saved", "from=%d path=%s", out->from, path);
    return TB_OK;
}

enum tb_code migrate_up(struct db *d, struct arena *a, const char *share_dir,
                        const char *backup_dir, const struct world *w, struct migrate_result *out,
                        struct tb_err *e)
{
    char *dir = fs_join(a, share_dir, "sql");
    struct step *steps = NULL;
    size_t n = 0;

    *out = (struct migrate_result){ 0 };
    if (steps_list(a, dir, &steps, &n, e) || migrate_number(d, &out->from, e))
        return e->code;
    out->to = out->from;
    if (out->from > (int)n)
        return tb_fail(
            e, TB_CONFLICT,
            "数据目录是更新版本的程序写的，请升级程序，或者用旧备份恢复（tongban restore）",
            "schema=%d known=%zu", out->from, n);
    if (out->from < (int)n && save_first(d, a, backup_dir, w, out, e))
        return e->code;
    for (size_t i = (size_t)out->from; i < n; i++) {
        if (apply(d, a, dir, &steps[i], w, e))
            return e->code;
        out->to = steps[i].number;
    }
    return TB_OK;
}

enum tb_code migrate_open(const char *url, const char *share_dir, const char *backup_dir,
                          const struct world *w, struct db **out, struct tb_err *e)
{
    struct arena a = ARENA_INIT;
    struct migrate_result r;
    enum tb_code c = db_open(url, out, e);

    if (c)
        return c;
    c = migrate_up(*out, &a, share_dir, backup_dir, w, &r, e);
    if (c) {
        db_close(*out);
        *out = NULL;
    }
    arena_release(&a);
    return c;
}
