#include "scenario/knowledge/bring.h"

#include "base/fs.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "extract/child.h"
#include "extract/kind.h"
#include "guard/risk.h"
#include "knowledge/search.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct bringing {
    struct talk *t;
    const struct bring_options *o;
    struct ingest_options ingest;
    struct bring_result *out;
    const char *tmp_dir;
    int64_t done, total;
    struct str archive; /* name of the archive being unpacked; "" outside */
    size_t members;     /* it gave so far */
};

/* ---- what came of a file ---- */

static struct str keep(struct bringing *b, struct str s)
{
    return arena_str(&b->t->mem, s);
}

static void skipped(struct bringing *b, struct str name, struct str why)
{
    struct bring_result *r = b->out;

    r->skipped =
        arena_grow(&b->t->mem, r->skipped, r->skipped_n, &r->skipped_cap, sizeof(*r->skipped));
    r->skipped[r->skipped_n++] = (struct brought_not){ keep(b, name), keep(b, why) };
}

static struct str doubts_text(struct bringing *b, const struct label *l, size_t *n)
{
    struct buf s = BUF_INIT(8000);

    *n = 0;
    for (size_t i = 0; i < l->note_n; i++) {
        if (!l->notes[i].doubt)
            continue;
        if ((*n)++)
            buf_addz(&s, "；");
        buf_add(&s, l->notes[i].text);
    }
    return arena_buf(&b->t->mem, &s);
}

static void brought(struct bringing *b, struct str name, const struct ingest_result *x)
{
    struct bring_result *r = b->out;
    struct brought *v;

    r->added += x->outcome == INGEST_NEW;
    r->updated += x->outcome == INGEST_NEW_VERSION;
    r->unchanged += x->outcome == INGEST_SAME;
    r->versions =
        arena_grow(&b->t->mem, r->versions, r->version_n, &r->version_cap, sizeof(*r->versions));
    v = &r->versions[r->version_n++];
    *v = (struct brought){ .file = keep(b, name),
                           .title = keep(b, x->label.title),
                           .document_number = keep(b, x->label.document_number),
                           .document_id = x->document_id,
                           .version_id = x->version_id,
                           .number = x->number,
                           .outcome = x->outcome,
                           .confirmed = x->confirmed };
    v->notes = doubts_text(b, &x->label, &v->doubts);
}

/* Errors that the next file would meet as well. */
static bool is_ours(enum tb_code c)
{
    return c == TB_STORE || c == TB_BUSY || c == TB_INTERNAL || c == TB_CORRUPT ||
           c == TB_CANCELLED;
}

static enum tb_code after(struct bringing *b, struct str name, struct tb_err *e)
{
    b->done++;
    if (b->o->progress)
        b->o->progress(b->o->self, b->done, b->total, name);
    if (b->o->stop && b->o->stop(b->o->self))
        return tb_fail(e, TB_CANCELLED, "导入已停止，已导入的文件保留", "bring stopped");
    return TB_OK;
}

static struct str shown_name(struct bringing *b, struct str name)
{
    if (!b->archive.n)
        return name;
    return arena_printf(&b->t->mem, "%.*s › %.*s", STR_FMT(b->archive), STR_FMT(name));
}

/* ---- one file ---- */

static enum tb_code archive(struct bringing *b, const char *path, struct str name,
                            struct tb_err *e);

static bool may_be_archive(const char *path, enum kind *kind)
{
    struct tb_err e = TB_ERR_INIT;
    char head[600];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, head, sizeof(head)) : -1;

    if (fd >= 0)
        close(fd);
    if (n <= 0 || kind_sniff(str_of(head, (size_t)n), kind, &e))
        return false;
    return *kind == KIND_ZIP || *kind == KIND_GZIP || *kind == KIND_XZ || *kind == KIND_TAR;
}

/* In its own arena, so that thousands of files do not pile up; what is kept is copied. */
static enum tb_code document(struct bringing *b, const char *path, struct str name, bool *zipped,
                             struct tb_err *e)
{
    struct talk one = *b->t;
    struct ingest_result r;
    enum tb_code c;

    one.mem = (struct arena)ARENA_INIT;
    c = ingest_file(&one, path, name, &b->ingest, &r, e);
    *zipped = c == TB_UNSUPPORTED && str_starts(str_z(e->log), STR("zip without word"));
    if (!c)
        brought(b, shown_name(b, name), &r);
    else if (!is_ours(c) && !*zipped)
        skipped(b, shown_name(b, name), str_z(e->say));
    arena_release(&one.mem);
    if (is_ours(c))
        return c;
    tb_err_clear(e);
    return TB_OK;
}

/* A zip may be a Word document: that is tried first. */
static enum tb_code file(struct bringing *b, const char *path, struct str name, struct tb_err *e)
{
    enum kind kind = KIND_TEXT;
    bool zipped = false, packed = may_be_archive(path, &kind);

    if (packed && b->archive.n && kind != KIND_ZIP) {
        skipped(b, shown_name(b, name), STR("压缩包里的压缩包，不导入"));
        return after(b, name, e);
    }
    if (packed && kind != KIND_ZIP)
        return archive(b, path, name, e);
    if (document(b, path, name, &zipped, e))
        return e->code;
    if (zipped && !b->archive.n)
        return archive(b, path, name, e);
    if (zipped)
        skipped(b, shown_name(b, name), STR("压缩包里的压缩包，不导入"));
    return after(b, name, e);
}

/* ---- archives ---- */

static enum tb_code member(void *self, const struct unpacked *m, struct tb_err *e)
{
    struct bringing *b = self;

    b->members++;
    if (m->skip) {
        skipped(b, shown_name(b, m->name), str_z(m->skip));
        return TB_OK;
    }
    b->total++;
    return file(b, m->path, m->name, e);
}

static enum tb_code archive(struct bringing *b, const char *path, struct str name, struct tb_err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum tb_code c;

    if (fd < 0)
        return tb_fail(e, TB_NOT_FOUND, "找不到文件，请检查路径", "open errno=%d", errno);
    b->archive = name;
    b->members = 0;
    c = unpack_child(fd, b->tmp_dir, member, b, e);
    b->archive = STR("");
    close(fd);
    if (is_ours(c))
        return c;
    if (c)
        skipped(b, name, str_z(e->say));
    else if (b->members == 0)
        skipped(b, name, STR("压缩包里没有文件"));
    tb_err_clear(e);
    return after(b, name, e);
}

/* ---- folders ---- */

struct listed {
    char **paths;
    struct str *names;
    size_t n, cap, cap_names;
};

static enum tb_code list_add(struct bringing *b, struct listed *l, char *path, struct str name,
                             struct tb_err *e)
{
    struct arena *a = &b->t->mem;

    if (l->n >= BRING_FILES_MAX)
        return tb_fail(e, TB_TOO_LARGE, "文件夹里的文件太多（上限 20 万个），请分批导入", "files");
    l->paths = arena_grow(a, l->paths, l->n, &l->cap, sizeof(*l->paths));
    l->names = arena_grow(a, l->names, l->n, &l->cap_names, sizeof(*l->names));
    l->paths[l->n] = path;
    l->names[l->n++] = name;
    return TB_OK;
}

/* Links inside a folder are not followed, dot files not looked at. */
static enum tb_code list_folder(struct bringing *b, struct listed *l, const char *dir,
                                struct str name, int depth, struct tb_err *e)
{
    struct arena *a = &b->t->mem;
    char **names;
    size_t n;

    if (depth > BRING_DEPTH_MAX)
        return tb_fail(e, TB_TOO_LARGE, "文件夹嵌套太深（上限 32 层）", "depth");
    if (fs_list(a, dir, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        char *path = fs_join(a, dir, names[i]);
        struct str own = arena_printf(a, "%.*s/%s", STR_FMT(name), names[i]);
        struct stat st;

        if (names[i][0] == '.' || lstat(path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode) && list_folder(b, l, path, own, depth + 1, e))
            return e->code;
        if (S_ISREG(st.st_mode) && list_add(b, l, path, own, e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code folder(struct bringing *b, const char *path, struct str name, struct tb_err *e)
{
    struct listed l = { 0 };

    if (list_folder(b, &l, path, name, 0, e))
        return e->code;
    b->total += (int64_t)l.n;
    for (size_t i = 0; i < l.n; i++)
        if (file(b, l.paths[i], l.names[i], e))
            return e->code;
    return TB_OK;
}

/* ---- the whole ---- */

static bool suspect(struct talk *t, struct str text, struct str *why)
{
    const struct risk_rules *rules = risk_take(t->at->risk);
    struct inject_verdict v = { .attack = false };

    if (rules)
        inject_judge(risk_inject(rules), &t->mem, text, &v);
    if (v.certain) {
        *why = arena_str(&t->mem, v.why);
        metric_add("tongban_injection_total", "where=\"file\",kind=\"any\"", 1);
    }
    risk_drop(rules);
    return v.certain;
}

enum tb_code bring_path(struct talk *t, const char *path, struct str name,
                        const struct bring_options *o, struct bring_result *out, struct tb_err *e)
{
    struct bringing b = { .t = t, .o = o, .ingest = o->ingest, .out = out, .archive = STR("") };

    b.ingest.extract = extract_child;
    b.ingest.suspect = suspect;
    b.ingest.data_dir = t->at->data_dir;
    b.tmp_dir = fs_join(&t->mem, t->at->data_dir, "tmp");
    if (!utf8_valid(name))
        name = STR("（文件名不是 UTF-8）");
    if (fs_mkdirs(b.tmp_dir, 0700, e))
        return e->code;
    if (!fs_exists(path)) {
        struct str say = arena_printf(&t->mem, "找不到 %.*s，请检查路径", STR_FMT(name));

        return tb_fail_say(e, TB_NOT_FOUND, say, say);
    }
    if (fs_is_dir(path))
        return folder(&b, path, name, e);
    b.total = 1;
    return file(&b, path, name, e);
}

enum tb_code bring_end(struct talk *t, struct tb_err *e)
{
    return t->at->search ? search_refresh(t->at->search, t->db, e) : TB_OK;
}

static const char *outcome_name(enum ingest_outcome o)
{
    return o == INGEST_NEW ? "added" : o == INGEST_NEW_VERSION ? "updated" : "unchanged";
}

void bring_json(struct json *j, const struct bring_result *r)
{
    json_obj(j);
    json_kint(j, "added", r->added);
    json_kint(j, "updated", r->updated);
    json_kint(j, "unchanged", r->unchanged);
    json_karr(j, "skipped");
    for (size_t i = 0; i < r->skipped_n; i++) {
        json_obj(j);
        json_kstr(j, "file", r->skipped[i].file);
        json_kstr(j, "why", r->skipped[i].why);
        json_end(j);
    }
    json_end(j);
    json_karr(j, "versions");
    for (size_t i = 0; i < r->version_n; i++) {
        const struct brought *v = &r->versions[i];

        json_obj(j);
        json_kint(j, "id", v->version_id);
        json_kint(j, "document", v->document_id);
        json_kint(j, "number", v->number);
        json_kstr(j, "file", v->file);
        json_kstr(j, "title", v->title);
        json_kstr(j, "document_number", v->document_number);
        json_kstr(j, "outcome", str_z(outcome_name(v->outcome)));
        json_kstr(j, "state", v->confirmed ? STR("confirmed") : STR("proposed"));
        json_kint(j, "doubts", (int64_t)v->doubts);
        json_end(j);
    }
    json_end(j);
}
