#include "store/backup.h"

#include "base/fs.h"
#include "base/json.h"
#include "crypto/hex.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "crypto/token.h"
#include "store/archive.h"
#include "store/migrate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char form[] = "tongban-backup-1";
/* The first three are always there; the others once keys were rotated (crypto/keyring.h). */
static const char *const key_files[] = { "master.key", "trail.key.pem", "trail.pub.pem",
                                         "master.old", "trail.old.pem" };
enum { KEYS_ALWAYS = 3, KEY_FILES = 5, TEXT_MAX = 64 * 1024 * 1024 };

void backup_code(const struct world *w, char out[BACKUP_CODE])
{
    char raw[21];

    token_code(w, raw, 20);
    (void)snprintf(out, BACKUP_CODE, "%.5s-%.5s-%.5s-%.5s", raw, raw + 5, raw + 10, raw + 15);
    explicit_bzero(raw, sizeof(raw));
}

/* -- what is counted, before and after -- */

static enum tb_code count_rows(struct db *d, struct backup_result *out, struct tb_err *e)
{
    const struct {
        const char *table;
        struct sql q;
    } all[BACKUP_TABLES] = {
        { "department", SQL("SELECT count(*) FROM department") },
        { "staff", SQL("SELECT count(*) FROM staff") },
        { "document", SQL("SELECT count(*) FROM document") },
        { "version", SQL("SELECT count(*) FROM version") },
        { "passage", SQL("SELECT count(*) FROM passage") },
        { "original", SQL("SELECT count(*) FROM original") },
        { "standard_answer", SQL("SELECT count(*) FROM standard_answer") },
        { "exchange", SQL("SELECT count(*) FROM exchange") },
        { "handoff", SQL("SELECT count(*) FROM handoff") },
        { "audit", SQL("SELECT count(*) FROM audit") },
    };

    for (int i = 0; i < BACKUP_TABLES; i++) {
        out->counts[i].table = all[i].table;
        if (db_ask_int(d, all[i].q, NO_ARGS, &out->counts[i].rows, NULL, e))
            return e->code;
    }
    return migrate_number(d, &out->schema, e);
}

/* -- making -- */

struct making {
    const struct backup_options *o;
    struct arena mem;
    struct archive tar;
    const char *part, *copy; /* FILE.part; the database's copy under data/tmp */
    struct buf manifest;
    struct json json;
    struct backup_result *out;
    int64_t total;
};

static void note(struct making *m, const struct archive_entry *it)
{
    json_obj(&m->json);
    json_kstr(&m->json, "name", str_z(it->name));
    json_kint(&m->json, "bytes", it->bytes);
    json_kstr(&m->json, "sm3", str_z(it->digest));
    json_end(&m->json);
    m->out->bytes += it->bytes;
    if (m->o->progress)
        m->o->progress(m->o->self, m->out->bytes < m->total ? m->out->bytes : m->total, m->total);
}

static enum tb_code add_database(struct making *m, struct db *d, struct tb_err *e)
{
    struct archive_entry it;
    struct db *copy;
    enum tb_code c;

    if (fs_mkdirs(fs_join(&m->mem, m->o->data_dir, "tmp"), 0700, e))
        return e->code;
    unlink(m->copy);
    if (db_copy(d, m->copy, e))
        return e->code;
    m->total += fs_size(m->copy);
    /* The counts are those of the copy: others may be writing. */
    c = db_open(arena_printf(&m->mem, "sqlite:%s", m->copy).p, &copy, e);
    if (c)
        return c;
    c = count_rows(copy, m->out, e);
    db_close(copy);
    if (!c)
        c = archive_add_file(&m->tar, "tongban.db", m->copy, &it, e);
    if (!c)
        note(m, &it);
    return c;
}

/* Every plain file under dir (two levels), as files/…; add NULL only sums up. */
static enum tb_code walk_files(struct making *m, const char *dir, const char *name, int deep,
                               bool add, struct tb_err *e)
{
    char **names;
    size_t n;

    if (!fs_is_dir(dir))
        return TB_OK;
    if (fs_list(&m->mem, dir, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        char *path = fs_join(&m->mem, dir, names[i]);
        const char *as = arena_printf(&m->mem, "%s/%s", name, names[i]).p;
        struct archive_entry it;

        if (fs_is_dir(path)) {
            if (deep > 0 && walk_files(m, path, as, deep - 1, add, e))
                return e->code;
            continue;
        }
        if (!add) {
            m->total += fs_size(path);
            continue;
        }
        if (archive_add_file(&m->tar, as, path, &it, e))
            return e->code;
        m->out->files++;
        note(m, &it);
    }
    return TB_OK;
}

static struct str keys_plain(struct making *m, struct tb_err *e)
{
    struct buf b = BUF_INIT(256 * 1024);
    struct json j = JSON_INIT(&b);

    json_obj(&j);
    for (int i = 0; i < KEY_FILES; i++) {
        char *path = fs_join(&m->mem, fs_join(&m->mem, m->o->data_dir, "keys"), key_files[i]);
        struct str text;

        if (i >= KEYS_ALWAYS && !fs_exists(path))
            continue;
        if (fs_read(&m->mem, path, 64 * 1024, &text, e)) {
            buf_release(&b);
            return STR_NONE;
        }
        json_kstr(&j, key_files[i], text);
    }
    json_end(&j);
    return arena_buf(&m->mem, &b);
}

static struct str hex_text(struct arena *a, struct str bytes)
{
    char *hex = arena_alloc(a, 2 * bytes.n + 1);

    hex_of((const unsigned char *)bytes.p, bytes.n, hex);
    return str_of(hex, 2 * bytes.n);
}

static enum tb_code add_keys(struct making *m, struct tb_err *e)
{
    unsigned char salt[16], key[KEY_BYTES];
    struct buf b = BUF_INIT(1 << 20);
    struct json j = JSON_INIT(&b);
    struct archive_entry it;
    struct str plain = keys_plain(m, e);
    enum tb_code c;

    if (!plain.p)
        return e->code;
    world_random(m->o->world, salt, sizeof(salt));
    password_key(m->o->code, salt, key);
    json_obj(&j);
    json_kstr(&j, "kdf", STR("argon2id t=3 m=65536 p=1"));
    json_kstr(&j, "salt", hex_text(&m->mem, str_of((char *)salt, sizeof(salt))));
    json_kstr(
        &j, "sealed",
        hex_text(&m->mem, seal_make_by(key, m->o->world, &m->mem, STR("backup/keys"), plain)));
    json_end(&j);
    explicit_bzero(key, sizeof(key));
    c = archive_add_text(&m->tar, "keys.sealed", buf_str(&b), &it, e);
    buf_release(&b);
    if (!c)
        note(m, &it);
    return c;
}

static enum tb_code add_manifest(struct making *m, struct tb_err *e)
{
    struct archive_entry it;

    json_end(&m->json); /* entries */
    json_kobj(&m->json, "rows");
    for (int i = 0; i < BACKUP_TABLES; i++)
        json_kint(&m->json, m->out->counts[i].table, m->out->counts[i].rows);
    json_end(&m->json);
    json_kint(&m->json, "schema", m->out->schema);
    json_end(&m->json);
    if (m->manifest.over)
        return tb_fail(e, TB_TOO_LARGE, "文件太多，备份清单写不下", "manifest > %d", TEXT_MAX);
    return archive_add_text(&m->tar, "MANIFEST.json", buf_str(&m->manifest), &it, e);
}

static enum tb_code write_all(struct making *m, struct db *d, struct tb_err *e)
{
    char *files = fs_join(&m->mem, m->o->data_dir, "files");

    json_obj(&m->json);
    json_kstr(&m->json, "form", str_z(form));
    json_kstr(&m->json, "version", STR(TB_VERSION));
    json_kint(&m->json, "made_at", m->out->made_at);
    json_karr(&m->json, "entries");
    /* The database first: an original that arrives later is only extra, never missing. */
    if (walk_files(m, files, "files", 2, false, e) || archive_create(m->part, &m->tar, e))
        return e->code;
    if (add_database(m, d, e) || walk_files(m, files, "files", 2, true, e) || add_keys(m, e) ||
        add_manifest(m, e) || archive_finish(&m->tar, e)) {
        archive_close(&m->tar);
        unlink(m->part);
        return e->code;
    }
    if (rename(m->part, m->o->file) != 0) {
        unlink(m->part);
        return tb_fail(e, TB_STORE, "备份文件写好了但不能改名，请检查目标目录", "rename %s",
                       m->part);
    }
    return TB_OK;
}

enum tb_code backup_make(struct db *d, const struct backup_options *o, struct backup_result *out,
                         struct tb_err *e)
{
    struct making m = { .o = o, .tar = { -1, "" }, .manifest = BUF_INIT(TEXT_MAX), .out = out };
    enum tb_code c;

    *out = (struct backup_result){ .made_at = world_now_ms(o->world) };
    m.json = (struct json)JSON_INIT(&m.manifest);
    if (fs_exists(o->file))
        return tb_fail(e, TB_CONFLICT, "这个文件已经存在，不会覆盖它；请换一个文件名", "%s",
                       o->file);
    m.part = arena_printf(&m.mem, "%s.part", o->file).p;
    m.copy = arena_printf(&m.mem, "%s/tmp/backup-%lld.db", o->data_dir, (long long)getpid()).p;
    c = write_all(&m, d, e);
    unlink(m.copy);
    buf_release(&m.manifest);
    arena_release(&m.mem);
    return c;
}

/* -- restoring -- */

struct restoring {
    const struct backup_options *o;
    struct arena mem;
    struct archive tar;
    struct archive_entry *seen;
    size_t n, cap;
    struct str keys, manifest; /* entries kept in memory */
    char **made;               /* files written, to be removed on failure */
    size_t made_n, made_cap;
    struct backup_result *out;
    int64_t total;
    bool new_dir; /* data_dir was not there */
};

static enum tb_code not_ours(const struct restoring *r, const char *why, struct tb_err *e)
{
    return tb_fail(e, TB_CORRUPT, "备份文件不完整或被改动过，请换一份", "%s: %s", r->o->file, why);
}

/* files/ab/cdef… with hex names only: a name from a file never leads out of the directory. */
static bool file_name_ok(const char *name)
{
    if (strncmp(name, "files/", 6) != 0 || strstr(name, "//"))
        return false;
    for (const char *p = name + 6; *p; p++)
        if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'f') || *p == '/'))
            return false;
    return name[6] && name[strlen(name) - 1] != '/';
}

static enum tb_code take_to(struct restoring *r, struct archive_entry *it, const char *name,
                            struct tb_err *e)
{
    char *path = fs_join(&r->mem, r->o->data_dir, name);
    const char *slash = strrchr(path, '/');
    char *dir = arena_z(&r->mem, str_of(path, (size_t)(slash - path)));

    if (fs_mkdirs(dir, 0700, e))
        return e->code;
    r->made = arena_grow(&r->mem, r->made, r->made_n, &r->made_cap, sizeof(*r->made));
    r->made[r->made_n++] = path;
    return archive_take_file(&r->tar, it, path, e);
}

static enum tb_code take_entry(struct restoring *r, struct archive_entry *it, struct tb_err *e)
{
    if (strcmp(it->name, "MANIFEST.json") == 0)
        return archive_take_text(&r->tar, it, &r->mem, TEXT_MAX, &r->manifest, e);
    if (strcmp(it->name, "keys.sealed") == 0)
        return archive_take_text(&r->tar, it, &r->mem, 1 << 20, &r->keys, e);
    if (strcmp(it->name, "tongban.db") == 0)
        return take_to(r, it, "tongban.db.restore", e);
    if (!file_name_ok(it->name))
        return not_ours(r, "a name that does not belong", e);
    r->out->files++;
    return take_to(r, it, it->name, e);
}

static enum tb_code take_all(struct restoring *r, struct tb_err *e)
{
    for (;;) {
        struct archive_entry it;
        bool more;

        if (archive_next(&r->tar, &it, &more, e))
            return e->code;
        if (!more)
            return r->manifest.p ? TB_OK : not_ours(r, "no manifest", e);
        if (r->manifest.p)
            return not_ours(r, "something after the manifest", e);
        if (take_entry(r, &it, e))
            return e->code;
        r->seen = arena_grow(&r->mem, r->seen, r->n, &r->cap, sizeof(*r->seen));
        r->seen[r->n++] = it;
        r->out->bytes += it.bytes;
        if (r->o->progress && r->out->bytes <= r->total)
            r->o->progress(r->o->self, r->out->bytes, r->total);
    }
}

/* Every entry as the manifest says, in its order, none more, none less. */
static enum tb_code check_manifest(struct restoring *r, const struct json_value **out,
                                   struct tb_err *e)
{
    const struct json_value *entries;
    struct tb_err why = TB_ERR_INIT;

    if (json_read(&r->mem, r->manifest, out, &why) || !str_eqz(json_get_str(*out, "form"), form))
        return not_ours(r, "manifest of another form", e);
    entries = json_get(*out, "entries");
    if (json_len(entries) + 1 != r->n || !r->keys.p)
        return not_ours(r, "entries missing", e);
    for (size_t i = 0; i + 1 < r->n; i++) {
        const struct json_value *m = json_at(entries, i);

        if (!str_eqz(json_get_str(m, "name"), r->seen[i].name) ||
            json_get_int(m, "bytes", -1) != r->seen[i].bytes ||
            !str_eqz(json_get_str(m, "sm3"), r->seen[i].digest))
            return not_ours(r, "an entry does not match its digest", e);
    }
    return TB_OK;
}

static struct str bytes_of(struct arena *a, struct str hex)
{
    unsigned char *p = arena_alloc(a, hex.n / 2 + 1);

    return hex_read(hex, p, hex.n / 2) ? str_of((char *)p, hex.n / 2) : STR_NONE;
}

static enum tb_code open_keys(struct restoring *r, struct str *plain, struct tb_err *e)
{
    const struct json_value *v;
    struct str salt, sealed;
    unsigned char key[KEY_BYTES];
    struct tb_err why = TB_ERR_INIT;
    enum tb_code c;

    if (json_read(&r->mem, r->keys, &v, &why))
        return not_ours(r, "keys of another form", e);
    salt = bytes_of(&r->mem, json_get_str(v, "salt"));
    sealed = bytes_of(&r->mem, json_get_str(v, "sealed"));
    if (salt.n != 16 || !sealed.p)
        return not_ours(r, "keys of another form", e);
    password_key(r->o->code, (const unsigned char *)salt.p, key);
    c = seal_open_by(key, &r->mem, STR("backup/keys"), sealed, plain, &why);
    explicit_bzero(key, sizeof(key));
    if (c)
        return tb_fail(e, TB_FORBIDDEN, "恢复码不正确：请核对备份时显示或指定的恢复码",
                       "keys do not open");
    return TB_OK;
}

static enum tb_code write_keys(struct restoring *r, struct tb_err *e)
{
    char *dir = fs_join(&r->mem, r->o->data_dir, "keys");
    const struct json_value *v;
    struct str plain;

    if (open_keys(r, &plain, e) || json_read(&r->mem, plain, &v, e) || fs_mkdirs(dir, 0700, e))
        return e->code;
    for (int i = 0; i < KEY_FILES; i++) {
        char *path = fs_join(&r->mem, dir, key_files[i]);

        if (i >= KEYS_ALWAYS && !json_get_str(v, key_files[i]).n)
            continue;
        r->made = arena_grow(&r->mem, r->made, r->made_n, &r->made_cap, sizeof(*r->made));
        r->made[r->made_n++] = path;
        if (fs_write(path, json_get_str(v, key_files[i]), 0600, e))
            return e->code;
    }
    return TB_OK;
}

/* The database itself: whole, and with as many rows as were counted. */
static enum tb_code check_database(struct restoring *r, const struct json_value *manifest,
                                   struct tb_err *e)
{
    char *path = fs_join(&r->mem, r->o->data_dir, "tongban.db.restore");
    const struct json_value *rows = json_get(manifest, "rows");
    struct db *d;
    enum tb_code c = db_open(arena_printf(&r->mem, "sqlite:%s", path).p, &d, e);

    if (c)
        return c;
    c = db_check(d, e);
    if (!c)
        c = count_rows(d, r->out, e);
    db_close(d);
    for (int i = 0; !c && i < BACKUP_TABLES; i++)
        if (json_get_int(rows, r->out->counts[i].table, -1) != r->out->counts[i].rows)
            c = not_ours(r, "row counts differ", e);
    r->out->made_at = json_get_int(manifest, "made_at", 0);
    return c;
}

static enum tb_code restore_all(struct restoring *r, struct tb_err *e)
{
    const struct json_value *manifest;
    char *from = fs_join(&r->mem, r->o->data_dir, "tongban.db.restore");

    if (take_all(r, e) || check_manifest(r, &manifest, e) || write_keys(r, e) ||
        check_database(r, manifest, e))
        return e->code;
    sync(); /* all files are on the disk before the database makes them count */
    if (rename(from, fs_join(&r->mem, r->o->data_dir, "tongban.db")) != 0)
        return tb_fail(e, TB_STORE, "数据库不能放到目标目录里，请检查权限", "rename %s", from);
    return TB_OK;
}

static enum tb_code empty_target(struct restoring *r, struct tb_err *e)
{
    char **names;
    size_t n;

    r->new_dir = !fs_exists(r->o->data_dir);
    if (fs_mkdirs(r->o->data_dir, 0700, e) || fs_list(&r->mem, r->o->data_dir, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], "lost+found") != 0)
            return tb_fail(e, TB_CONFLICT,
                           "目标目录不是空的，不会覆盖里面的数据；请用 --data 指定一个新目录",
                           "%s holds %s", r->o->data_dir, names[i]);
    return TB_OK;
}

static void clean_up(struct restoring *r)
{
    static const char *const folders[] = { "keys", "files" };

    for (size_t i = r->made_n; i-- > 0;) {
        unlink(r->made[i]);
        *strrchr(r->made[i], '/') = 0;
        if (strcmp(r->made[i], r->o->data_dir) != 0)
            rmdir(r->made[i]); /* goes only once it is empty */
    }
    for (size_t i = 0; i < 2; i++)
        rmdir(fs_join(&r->mem, r->o->data_dir, folders[i]));
    if (r->new_dir)
        rmdir(r->o->data_dir);
}

enum tb_code backup_restore(const struct backup_options *o, struct backup_result *out,
                            struct tb_err *e)
{
    struct restoring r = { .o = o, .tar = { -1, "" }, .out = out, .total = fs_size(o->file) };
    enum tb_code c;

    *out = (struct backup_result){ 0 };
    c = archive_open(o->file, &r.tar, e);
    if (!c)
        c = empty_target(&r, e);
    if (!c) {
        c = restore_all(&r, e);
        if (c)
            clean_up(&r);
    }
    archive_close(&r.tar);
    arena_release(&r.mem);
    return c;
}
