#include "cli/eval_corpus.h"

#include "base/fs.h"
#include "base/utf8.h"
#include "extract/child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, DEPTH_MAX = 16 };

struct file {
    struct str name, bytes;
};
struct reading {
    struct corpus *c;
    const char *exclude;
    struct file *files;
    size_t n, cap;
};

static struct str plain_name(struct str name)
{
    while (str_starts(name, STR("./")))
        name = str_from(name, 2);
    return name;
}

static bool wanted(const struct reading *r, struct str name)
{
    struct str rest = name;

    if (!str_ends(name, STR(".md")))
        return false;
    return !r->exclude || !str_eqz(str_cut(&rest, STR("/")), r->exclude);
}

static enum tb_code take_file(struct reading *r, struct str name, const char *path,
                              struct tb_err *e)
{
    struct arena *a = &r->c->mem;
    struct str bytes;

    if (fs_read(a, path, FILE_MAX, &bytes, e))
        return e->code;
    r->files = arena_grow(a, r->files, r->n, &r->cap, sizeof *r->files);
    r->files[r->n++] = (struct file){ arena_str(a, name), bytes };
    return TB_OK;
}

static enum tb_code member(void *self, const struct unpacked *m, struct tb_err *e)
{
    struct reading *r = self;
    struct str name = plain_name(m->name);

    return m->skip || !wanted(r, name) ? TB_OK : take_file(r, name, m->path, e);
}

static enum tb_code read_archive(struct reading *r, const char *path, struct tb_err *e)
{
    char dir[] = "/tmp/tongban-eval-XXXXXX";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum tb_code c;

    if (fd < 0)
        return tb_fail(e, TB_NOT_FOUND, "找不到语料，请检查 --corpus 的路径", "corpus=%s", path);
    if (!mkdtemp(dir)) {
        close(fd);
        return tb_fail(e, TB_STORE, "不能在 /tmp 建立临时文件夹", "mkdtemp %s", dir);
    }
    c = unpack_child(fd, dir, member, r, e);
    close(fd);
    rmdir(dir);
    return c;
}

static enum tb_code read_dir(struct reading *r, const char *path, struct str under, int depth,
                             struct tb_err *e)
{
    struct arena *a = &r->c->mem;
    char **names;
    size_t n;

    if (fs_list(a, path, &names, &n, e))
        return e->code;
    for (size_t i = 0; i < n; i++) {
        char *child = fs_join(a, path, names[i]);
        struct str name = arena_printf(a, "%.*s%s%s", STR_FMT(under), under.n ? "/" : "", names[i]);

        bool skip = r->exclude && str_eqz(name, r->exclude);

        if (fs_is_dir(child) && depth < DEPTH_MAX && !skip) {
            if (read_dir(r, child, name, depth + 1, e))
                return e->code;
        } else if (!fs_is_dir(child) && wanted(r, name) && take_file(r, name, child, e)) {
            return e->code;
        }
    }
    return TB_OK;
}

/* -- a file to articles -- */

enum { LEVELS = 7 };

struct cutting {
    struct corpus *c;
    struct str file, title, head[LEVELS], heading;
    struct str article;
    size_t begin, end; /* of the article's text in the file */
    struct str text;
};

/* Bytes of 第…条 or 第…条之… at the beginning of a line; 0: none. */
static size_t article_mark(struct str line)
{
    static const char figures[] = "零〇一二三四五六七八九十百千万";
    size_t at = 3, n = 0;

    if (!str_starts(line, STR("第")))
        return 0;
    while (at + 3 <= line.n && str_has(str_z(figures), str_sub(line, at, 3))) {
        at += 3;
        n++;
    }
    if (!n || !str_eq(str_sub(line, at, 3), STR("条")))
        return 0;
    at += 3;
    if (!str_eq(str_sub(line, at, 3), STR("之")))
        return at;
    for (n = at + 3; n + 3 <= line.n && str_has(str_z(figures), str_sub(line, n, 3)); n += 3)
        ;
    return n > at + 3 ? n : at;
}

static void close_article(struct cutting *k)
{
    struct corpus *c = k->c;

    if (!k->article.n)
        return;
    c->v = arena_grow(&c->mem, c->v, c->n, &c->cap, sizeof *c->v);
    c->v[c->n++] =
        (struct corpus_article){ k->file, k->article, k->title, k->heading,
                                 str_trim(str_sub(k->text, k->begin, k->end - k->begin)) };
    k->article = STR_NONE;
}

static void take_heading(struct cutting *k, struct str line)
{
    size_t level = 0;
    struct buf b = BUF_INIT(4096);

    while (level < line.n && line.p[level] == '#')
        level++;
    line = str_trim(str_from(line, level));
    level = level < LEVELS ? level : LEVELS - 1;
    if (level == 1) {
        k->title = k->title.n
                       ? arena_printf(&k->c->mem, "%.*s %.*s", STR_FMT(k->title), STR_FMT(line))
                       : line;
        return;
    }
    k->head[level] = line;
    for (size_t i = level + 1; i < LEVELS; i++)
        k->head[i] = STR_NONE;
    for (size_t i = 2; i < LEVELS; i++) {
        if (b.n && k->head[i].n)
            buf_addc(&b, ' ');
        buf_add(&b, k->head[i]);
    }
    k->heading = arena_buf(&k->c->mem, &b);
}

static void cut_line(struct cutting *k, struct str raw)
{
    struct str line = str_trim(raw);
    size_t mark;

    if (str_starts(line, STR("#"))) {
        close_article(k);
        take_heading(k, line);
        return;
    }
    mark = article_mark(line);
    if (mark) {
        close_article(k);
        k->article = str_sub(line, 0, mark);
        k->begin = (size_t)(line.p - k->text.p) + mark;
        k->end = k->begin;
    }
    if (k->article.n && line.n)
        k->end = (size_t)(line.p - k->text.p) + line.n;
}

static void cut_file(struct corpus *c, const struct file *f)
{
    struct cutting k = { .c = c, .file = f->name };
    struct tb_err e = TB_ERR_INIT;
    struct str rest;

    if (utf8_from_any(&c->mem, f->bytes, &k.text, &e))
        return;
    rest = k.text;
    c->files++;
    while (rest.p)
        cut_line(&k, str_cut(&rest, STR("\n")));
    close_article(&k);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

enum tb_code corpus_read(const char *path, const char *exclude, struct corpus *out,
                         struct tb_err *e)
{
    struct reading r = { .c = out, .exclude = exclude };

    *out = (struct corpus){ 0 };
    if (fs_is_dir(path) ? read_dir(&r, path, STR_NONE, 0, e) : read_archive(&r, path, e)) {
        corpus_release(out);
        return e->code;
    }
    if (r.n)
        qsort(r.files, r.n, sizeof *r.files, by_name);
    for (size_t i = 0; i < r.n; i++)
        cut_file(out, r.files + i);
    if (out->n == 0) {
        corpus_release(out);
        return tb_fail(e, TB_INVALID, "语料里没有找到任何条文（以“第…条”开头的行）", "corpus=%s",
                       path);
    }
    return TB_OK;
}

void corpus_release(struct corpus *c)
{
    arena_release(&c->mem);
    *c = (struct corpus){ 0 };
}
