#include "store/word_list.h"

#include "store/audit.h"

enum tb_code word_list_changes(struct db *d, int64_t *out, struct tb_err *e)
{
    bool found;

    return db_ask_int(d, SQL("SELECT COALESCE(MAX(id), 0) FROM word_list"), NO_ARGS, out, &found,
                      e);
}

static struct word_list read_row(struct rows *r)
{
    return (struct word_list){ .id = rows_int(r, 0),
                               .version = rows_int(r, 1),
                               .name = rows_str(r, 2),
                               .kind = rows_str(r, 3),
                               .way = rows_str(r, 4),
                               .sound = rows_int(r, 5),
                               .words = rows_str(r, 6),
                               .left_out = rows_str(r, 7),
                               .why = rows_str(r, 8),
                               .made_by = rows_str(r, 9),
                               .made_at = rows_int(r, 10) };
}

static enum tb_code read_all(struct db *d, struct arena *a, struct sql q, struct db_args args,
                             struct word_list **out, size_t *n, struct tb_err *e)
{
    struct rows *r;
    size_t cap = 0;
    bool more;

    *out = NULL;
    *n = 0;
    if (db_ask(d, a, q, args, &r, e))
        return e->code;
    while (!rows_next(r, &more, e) && more) {
        *out = arena_grow(a, *out, *n, &cap, sizeof(**out));
        (*out)[(*n)++] = read_row(r);
    }
    rows_close(r);
    return e->code;
}

enum tb_code word_list_newest(struct db *d, struct arena *a, struct word_list **out, size_t *n,
                              struct tb_err *e)
{
    return read_all(d, a,
                    SQL("SELECT id, version, name, kind, way, sound, words, left_out, why, "
                        "made_by, made_at FROM word_list w WHERE version = (SELECT MAX(version) "
                        "FROM word_list o WHERE o.name = w.name) ORDER BY name"),
                    NO_ARGS, out, n, e);
}

/* The newest two of a name. */
static enum tb_code read_last(struct talk *t, struct str name, struct word_list **out, size_t *n,
                              struct tb_err *e)
{
    return read_all(t->db, &t->mem,
                    SQL("SELECT id, version, name, kind, way, sound, words, left_out, why, "
                        "made_by, made_at FROM word_list WHERE name = :name "
                        "ORDER BY version DESC LIMIT 2"),
                    ARGS(db_text("name", name)), out, n, e);
}

static enum tb_code insert(struct talk *t, struct word_list *w, struct tb_err *e)
{
    struct word_list *last;
    struct str detail;
    size_t n;

    if (read_last(t, w->name, &last, &n, e))
        return e->code;
    w->version = n ? last[0].version + 1 : 1;
    w->made_by = t->actor.login;
    w->made_at = world_now_ms(t->world);
    if (db_insert(t->db,
                  SQL("INSERT INTO word_list(name, version, kind, way, sound, words, left_out, "
                      "why, made_by, made_at) VALUES(:name, :version, :kind, :way, :sound, "
                      ":words, :left_out, :why, :by, :at)"),
                  ARGS(db_text("name", w->name), db_int("version", w->version),
                       db_text("kind", w->kind), db_text("way", w->way), db_int("sound", w->sound),
                       db_text("words", w->words), db_text("left_out", w->left_out),
                       db_text("why", w->why), db_text("by", w->made_by), db_int("at", w->made_at)),
                  &w->id, e))
        return e->code;
    detail = arena_printf(&t->mem, "version=%lld kind=%.*s words=%zu left_out=%zu",
                          (long long)w->version, STR_FMT(w->kind), word_list_count(w->words),
                          word_list_count(w->left_out));
    return audit_witness(t, arena_printf(&t->mem, "words.%.*s", STR_FMT(w->why)).p, w->name, detail,
                         e);
}

enum tb_code word_list_add(struct talk *t, struct word_list *w, struct tb_err *e)
{
    if (db_begin(t->db, e))
        return e->code;
    return db_end(t->db, insert(t, w, e), e);
}

enum tb_code word_list_undo(struct talk *t, struct str name, struct word_list *out,
                            struct tb_err *e)
{
    struct word_list *last;
    size_t n;

    if (read_last(t, name, &last, &n, e))
        return e->code;
    if (n < 2)
        return tb_fail(e, TB_NOT_FOUND, "这个词表没有上一版可以恢复；停用请用 tongban words drop",
                       "list=%.*s versions=%zu", STR_FMT(name), n);
    *out = last[1];
    out->why = STR("undo");
    return word_list_add(t, out, e);
}

enum tb_code word_list_drop(struct talk *t, struct str name, struct tb_err *e)
{
    struct word_list *last, w;
    size_t n;

    if (read_last(t, name, &last, &n, e))
        return e->code;
    if (!n)
        return tb_fail(e, TB_NOT_FOUND, "没有这个词表；用 tongban words list 看有哪些", "list=%.*s",
                       STR_FMT(name));
    w = last[0];
    w.words = w.left_out = STR("");
    w.why = STR("drop");
    return word_list_add(t, &w, e);
}

size_t word_list_count(struct str words)
{
    size_t n = 0;

    while (words.p)
        n += str_trim(str_cut(&words, STR("\n"))).n > 0;
    return n;
}
