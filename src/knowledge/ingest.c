#include "knowledge/ingest.h"

#include "knowledge/clean.h"
#include "knowledge/validate.h"
#include "knowledge/version_int.h"
#include "store/db.h"
#include "store/original.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SUSPECTS_NOTED = 3 };

struct ingesting {
    struct talk *t;
    const struct ingest_options *o;
    struct str name; /* as the person's machine called it */
    int fd;
    struct original original;
    struct policy_text text;
    struct ingest_result *out;
};

/* ---- collect ---- */

static enum tb_code open_file(const char *path, int *fd, struct tb_err *e)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd >= 0)
        return TB_OK;
    if (errno == ENOENT || errno == ENOTDIR)
        return tb_fail(e, TB_NOT_FOUND, "找不到文件，请检查路径", "open errno=%d", errno);
    if (errno == EACCES || errno == EPERM)
        return tb_fail(e, TB_FORBIDDEN, "没有读取该文件的权限", "open errno=%d", errno);
    return tb_fail(e, TB_STORE, "读文件失败，请检查磁盘后再试", "open errno=%d", errno);
}

/* The version made of these very bytes, unless it was withdrawn. */
static enum tb_code find_same(struct ingesting *g, bool *same, struct tb_err *e)
{
    struct ingest_result *out = g->out;
    struct talk *t = g->t;
    struct rows *r;

    if (db_ask(t->db, &t->mem,
               SQL("SELECT id, document_id, number, state FROM version WHERE digest = :digest AND "
                   "state <> 'withdrawn' ORDER BY id DESC"),
               ARGS(db_text("digest", str_z(g->original.digest))), &r, e))
        return e->code;
    if (!rows_next(r, same, e) && *same) {
        out->outcome = INGEST_SAME;
        out->version_id = rows_int(r, 0);
        out->document_id = rows_int(r, 1);
        out->number = (int)rows_int(r, 2);
        out->confirmed = str_eqz(rows_str(r, 3), "confirmed");
    }
    rows_close(r);
    return e->code;
}

static struct str media_type(struct str kind)
{
    static const char *const types[][2] = {
        { "html", "text/html; charset=utf-8" },
        { "markdown", "text/markdown; charset=utf-8" },
        { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_eqz(kind, types[i][0]))
            return str_z(types[i][1]);
    return STR("text/plain; charset=utf-8");
}

static bool noted(struct ingesting *g, struct str where, struct str text)
{
    struct arena *a = &g->t->mem;
    struct str why;

    if (!g->o->suspect(g->t, text, &why))
        return false;
    label_note_add(
        a, &g->out->label, LABEL_PASSAGES, true,
        arena_printf(a, "%.*s里有像是指挥智能助手的话（%.*s），请核对；回答问题时不用这一段",
                     STR_FMT(where), STR_FMT(why)));
    return true;
}

/* What a file tells its readers' assistants to do; the file's name is read by them too. */
static void note_suspects(struct ingesting *g)
{
    size_t found;

    if (!g->o->suspect)
        return;
    found = noted(g, STR("文件名"), g->name);
    for (size_t i = 0; i < g->text.passage_n && found < SUSPECTS_NOTED; i++) {
        const struct clean_passage *p = &g->text.passages[i];

        found += noted(g, p->clause.n ? p->clause : STR("正文"),
                       str_sub(g->text.plain, p->begin, p->end - p->begin));
    }
}

static enum tb_code read_text(struct ingesting *g, struct tb_err *e)
{
    struct arena *a = &g->t->mem;
    struct str json;

    if (lseek(g->fd, 0, SEEK_SET) != 0)
        return tb_fail(e, TB_STORE, "读文件失败，请检查磁盘后再试", "lseek errno=%d", errno);
    if (g->o->extract(a, g->fd, &json, e) || clean_read(a, json, &g->text, e))
        return e->code;
    label_read(a, &g->text, g->name, &g->out->label);
    note_suspects(g);
    g->out->passages = g->text.passage_n;
    return validate_text(a, &g->text, &g->out->label, e);
}

/* ---- keep ---- */

static enum tb_code keep_original(struct ingesting *g, struct tb_err *e)
{
    return db_run(
        g->t->db,
        SQL("INSERT INTO original (digest, file_name, media_type, bytes, created_at) VALUES "
            "(:digest, :name, :type, :bytes, :now) ON CONFLICT DO NOTHING"),
        ARGS(db_text("digest", str_z(g->original.digest)), db_text("name", g->name),
             db_text("type", media_type(g->text.kind)), db_int("bytes", g->original.bytes),
             db_int("now", world_now_ms(g->t->world))),
        e);
}

static bool wants_public(const struct ingesting *g)
{
    return !str_eqz(g->o->classification, "internal") &&
           !str_eqz(g->o->classification, "sensitive");
}

static bool good(const struct ingesting *g)
{
    return g->o->confirm || (g->o->confirm_clear && !label_doubtful(&g->out->label));
}

/* A page's upload waits as it is meant to be; a command's is of use inside before anybody signs. */
static bool starts_public(const struct ingesting *g)
{
    bool waits = !g->o->confirm && !g->o->confirm_clear;

    return wants_public(g) && (g->o->signer || waits);
}

static enum tb_code new_document(struct ingesting *g, struct tb_err *e)
{
    const struct label *l = &g->out->label;
    struct str class = starts_public(g)                             ? STR("public")
                       : str_eqz(g->o->classification, "sensitive") ? STR("sensitive")
                                                                    : STR("internal");

    g->out->outcome = INGEST_NEW;
    g->out->number = 1;
    return db_insert(
        g->t->db,
        SQL("INSERT INTO document (title, issuing_body, department_id, classification, "
            "created_at) VALUES (:title, :body, :department, :class, :now)"),
        ARGS(db_text("title", l->title), db_text("body", l->issuing_body),
             g->o->department.n ? db_text("department", g->o->department) : db_null("department"),
             db_text("class", class), db_int("now", world_now_ms(g->t->world))),
        &g->out->document_id, e);
}

/* The same number and title in other bytes: a correction, or a copy from elsewhere. */
static enum tb_code note_twin(struct ingesting *g, struct tb_err *e)
{
    struct label *l = &g->out->label;
    struct arena *a = &g->t->mem;
    int64_t number;
    bool found;

    if (!l->document_number.n)
        return TB_OK;
    if (db_ask_int(g->t->db,
                   SQL("SELECT number FROM version WHERE document_id = :id AND document_number = "
                       ":number AND state <> 'withdrawn' ORDER BY number DESC"),
                   ARGS(db_int("id", g->out->document_id), db_text("number", l->document_number)),
                   &number, &found, e))
        return e->code;
    if (found)
        label_note_add(
            a, l, LABEL_NUMBER, true,
            arena_printf(a, "库里已有文号相同的第 %d 版，确认后本版将作为更正替换它", (int)number));
    return TB_OK;
}

static enum tb_code find_document(struct ingesting *g, struct tb_err *e)
{
    struct ingest_result *out = g->out;

    if (version_place(g->t, &out->label, 0, &out->document_id, e))
        return e->code;
    if (out->document_id == 0)
        return new_document(g, e);
    out->outcome = INGEST_NEW_VERSION;
    if (version_next_number(g->t, out->document_id, &out->number, e))
        return e->code;
    return note_twin(g, e);
}

static enum tb_code keep_version(struct ingesting *g, struct tb_err *e)
{
    const struct label *l = &g->out->label;
    struct arena *a = &g->t->mem;

    return db_insert(
        g->t->db,
        SQL("INSERT INTO version (document_id, number, digest, title, title_key, "
            "document_number, issuing_body, issued_on, effective_from, expires_on, "
            "state, repeals, plain, notes, created_at) VALUES (:document, :number, "
            ":digest, :title, :key, :docno, :body, :issued, :effective, :expires, "
            "'proposed', :repeals, :plain, :notes, :now)"),
        ARGS(db_int("document", g->out->document_id), db_int("number", g->out->number),
             db_text("digest", str_z(g->original.digest)), db_text("title", l->title),
             db_text("key", label_title_key(a, l->title)), db_text("docno", l->document_number),
             db_text("body", l->issuing_body), db_day("issued", l->issued_on),
             db_day("effective", l->effective_from), db_day("expires", l->expires_on),
             db_text("repeals", version_repeals_json(a, l)), db_text("plain", g->text.plain),
             db_text("notes", version_notes_json(a, l)), db_int("now", world_now_ms(g->t->world))),
        &g->out->version_id, e);
}

static enum tb_code keep_passages(struct ingesting *g, struct tb_err *e)
{
    for (size_t i = 0; i < g->text.passage_n; i++) {
        const struct clean_passage *p = &g->text.passages[i];

        if (db_run(g->t->db,
                   SQL("INSERT INTO passage (version_id, ordinal, kind, clause, heading, text, "
                       "begin_at, end_at) VALUES (:version, :ordinal, :kind, :clause, :heading, "
                       ":text, :begin, :end)"),
                   ARGS(db_int("version", g->out->version_id), db_int("ordinal", (int64_t)i),
                        db_text("kind", str_z(p->kind)), db_text("clause", p->clause),
                        db_text("heading", p->heading),
                        db_text("text", str_sub(g->text.plain, p->begin, p->end - p->begin)),
                        db_int("begin", (int64_t)p->begin), db_int("end", (int64_t)p->end)),
                   e))
            return e->code;
    }
    return TB_OK;
}

static enum tb_code keep_number(struct ingesting *g, struct tb_err *e)
{
    struct version v;

    if (version_read(g->t, g->out->version_id, false, &v, e))
        return e->code;
    g->out->document_id = v.document_id;
    g->out->number = v.number;
    return TB_OK;
}

/* What wants to be public goes into the queue, and through it at once when its signer is named. */
static enum tb_code send(struct ingesting *g, const struct version *v, struct tb_err *e)
{
    struct draft d = { .author_kind = g->o->author_id ? DRAFT_BY_PERSON : DRAFT_BY_IMPORT,
                       .author_id = g->o->author_id,
                       .author_name = g->o->author_name.n ? g->o->author_name : STR("命令行导入") };

    if (version_propose(g->t, v->id, &g->out->label, &d, e))
        return e->code;
    if (!good(g) || !g->o->signer)
        return TB_OK;
    g->out->confirmed = true;
    return version_sign(g->t, &d, g->o->signer, e);
}

static enum tb_code release(struct ingesting *g, struct tb_err *e)
{
    struct version v;
    bool internal, sensitive;

    if (version_read(g->t, g->out->version_id, false, &v, e))
        return e->code;
    sensitive = str_eqz(v.classification, "sensitive");
    internal = sensitive || str_eqz(v.classification, "internal");
    if (!sensitive && (wants_public(g) || !internal) && send(g, &v, e))
        return e->code;
    if (good(g) && internal && !g->out->confirmed) {
        g->out->confirmed = true;
        return version_confirm(g->t, v.id, &g->out->label, e);
    }
    return g->out->confirmed ? TB_OK : version_settle_document(g->t, g->out->document_id, e);
}

static enum tb_code keep(struct ingesting *g, struct tb_err *e)
{
    bool same;

    if (find_same(g, &same, e) || same) /* somebody else was faster */
        return e->code;
    if (keep_original(g, e) || find_document(g, e) || keep_version(g, e) || keep_passages(g, e))
        return e->code;
    return release(g, e) ? e->code : keep_number(g, e);
}

static enum tb_code keep_all(struct ingesting *g, struct tb_err *e)
{
    enum tb_code c;

    if (original_keep(g->o->data_dir, g->fd, &g->original, e) || db_begin(g->t->db, e))
        return e->code;
    c = keep(g, e);
    return db_end(g->t->db, c, e);
}

/* ---- the file as a whole ---- */

/* Internal at once; a public one by its draft. */
static enum tb_code confirm_again(struct ingesting *g, const struct version *v, struct tb_err *e)
{
    struct draft d;

    if (version_draft(g->t, v, &d, e))
        return e->code;
    if (d.id && g->o->signer) {
        g->out->confirmed = true;
        return version_sign(g->t, &d, g->o->signer, e);
    }
    if (str_eqz(v->classification, "public"))
        return TB_OK; /* it waits in the queue */
    g->out->confirmed = true;
    return version_confirm(g->t, v->id, &g->out->label, e);
}

/* The same bytes again, with a person's word this time: what was read out counts as confirmed. */
static enum tb_code confirm_same(struct ingesting *g, struct tb_err *e)
{
    struct label *l = &g->out->label;
    struct version v;

    if (version_read(g->t, g->out->version_id, false, &v, e))
        return e->code;
    l->title = v.title;
    l->document_number = v.document_number;
    l->issuing_body = v.issuing_body;
    l->issued_on = v.issued_on;
    l->effective_from = v.effective_from;
    l->expires_on = v.expires_on;
    if (!g->o->confirm || (g->out->confirmed && !g->o->signer))
        return TB_OK;
    if (version_repeals_read(&g->t->mem, v.repeals, &l->repeals, &l->repeal_n, e) ||
        confirm_again(g, &v, e))
        return e->code;
    return keep_number(g, e);
}

static enum tb_code ingest(struct ingesting *g, struct tb_err *e)
{
    bool same;

    if (original_measure(g->fd, INGEST_FILE_MAX, &g->original, e))
        return e->code;
    g->out->digest = arena_str(&g->t->mem, str_z(g->original.digest));
    if (find_same(g, &same, e))
        return e->code;
    if (same)
        return confirm_same(g, e);
    if (read_text(g, e))
        return e->code;
    return keep_all(g, e);
}

enum tb_code ingest_file(struct talk *t, const char *path, struct str name,
                         const struct ingest_options *o, struct ingest_result *out,
                         struct tb_err *e)
{
    struct ingesting g = { .t = t, .o = o, .name = name, .out = out };
    enum tb_code c;

    *out = (struct ingest_result){ 0 };
    if (open_file(path, &g.fd, e))
        return e->code;
    c = ingest(&g, e);
    close(g.fd);
    return c;
}
