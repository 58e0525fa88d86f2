#include "http/site.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/fs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 8, FILE_MAX = 64 * 1024 * 1024 };

struct site {
    struct arena mem;
    const char *index; /* its path on disk */
    struct timespec built;
    ino_t inode;
    struct site_file *files; /* by path */
    size_t n, cap;
    int users;
};

static const struct {
    const char *ending, *type;
} types[] = {
    { ".html", "text/html; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".mjs", "text/javascript; charset=utf-8" },
    { ".css", "text/css; charset=utf-8" },
    { ".json", "application/json; charset=utf-8" },
    { ".webmanifest", "application/manifest+json" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".jpg", "image/jpeg" },
    { ".webp", "image/webp" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".txt", "text/plain; charset=utf-8" },
    { ".yaml", "application/yaml; charset=utf-8" },
};

static const char *type_of(struct str path)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (str_ends(path, str_z(types[i].ending)))
            return types[i].type;
    return "application/octet-stream";
}

/* Read, not mapped: a build that rewrites a mapped file in place would kill the server. */
static bool load(struct arena *a, const char *path, struct str *out)
{
    struct tb_err e = TB_ERR_INIT;

    *out = STR_NONE;
    return fs_exists(path) && !fs_is_dir(path) && fs_read(a, path, FILE_MAX, out, &e) == TB_OK;
}

/* Vite's names: app-1a2b3c4d.js */
static bool has_hash(struct str path)
{
    size_t dot = path.n, dash;

    if (!str_starts(path, STR("/assets/")))
        return false;
    while (dot > 0 && path.p[dot - 1] != '.')
        dot--;
    for (dash = dot; dash > 0 && path.p[dash - 1] != '-'; dash--)
        ;
    return dash > 0 && dot > dash + 8;
}

static void add_file(struct site *s, const char *disk, const char *url)
{
    struct site_file f = { .path = arena_str(&s->mem, str_z(url)) };

    f.type = type_of(f.path);
    f.immutable = has_hash(f.path);
    if (!load(&s->mem, disk, &f.plain))
        return;
    snprintf(f.etag, sizeof(f.etag), "\"%016llx\"", (unsigned long long)str_hash(f.plain));
    load(&s->mem, arena_z(&s->mem, arena_printf(&s->mem, "%s.gz", disk)), &f.gzip);
    load(&s->mem, arena_z(&s->mem, arena_printf(&s->mem, "%s.br", disk)), &f.brotli);
    s->files = arena_grow(&s->mem, s->files, s->n, &s->cap, sizeof(*s->files));
    s->files[s->n++] = f;
}

static void add_folder(struct site *s, const char *disk, const char *url, int depth)
{
    struct tb_err e = TB_ERR_INIT;
    char **names;
    size_t n;

    if (depth > DEPTH_MAX || fs_list(&s->mem, disk, &names, &n, &e))
        return;
    for (size_t i = 0; i < n; i++) {
        struct str name = str_z(names[i]);
        char *path = fs_join(&s->mem, disk, names[i]);
        char *at = arena_z(&s->mem, arena_printf(&s->mem, "%s/%s", url, names[i]));

        if (names[i][0] == '.' || str_ends(name, STR(".gz")) || str_ends(name, STR(".br")))
            continue;
        if (fs_is_dir(path))
            add_folder(s, path, at, depth + 1);
        else
            add_file(s, path, at);
    }
}

static int by_path(const void *a, const void *b)
{
    const struct site_file *x = a, *y = b;

    return str_cmp(x->path, y->path);
}

struct site *site_open(const char *dir)
{
    struct site *s = tb_zalloc(sizeof(*s));
    struct stat st;

    s->users = 1;
    if (!dir)
        return s;
    s->index = arena_z(&s->mem, arena_printf(&s->mem, "%s/index.html", dir));
    if (stat(s->index, &st) == 0) {
        s->built = st.st_mtim;
        s->inode = st.st_ino;
    }
    add_folder(s, dir, "", 0);
    if (s->n)
        qsort(s->files, s->n, sizeof(*s->files), by_path);
    return s;
}

void site_keep(struct site *s)
{
    s->users++;
}

void site_drop(struct site *s)
{
    if (!s || --s->users > 0)
        return;
    arena_release(&s->mem);
    tb_free(s);
}

bool site_stale(const struct site *s)
{
    struct stat st;

    return s->index && stat(s->index, &st) == 0 &&
           (st.st_ino != s->inode || st.st_mtim.tv_sec != s->built.tv_sec ||
            st.st_mtim.tv_nsec != s->built.tv_nsec);
}

static const struct site_file *exact(const struct site *s, struct str path)
{
    struct site_file want = { .path = path };

    return s->n ? bsearch(&want, s->files, s->n, sizeof(*s->files), by_path) : NULL;
}

static bool looks_like_page(struct str path)
{
    size_t i = path.n;

    if (str_starts(path, STR("/api/")) || str_eqz(path, "/api") || str_starts(path, STR("/v1/")) ||
        str_starts(path, STR("/health/")) || str_eqz(path, "/metrics"))
        return false;
    while (i > 0 && path.p[i - 1] != '/' && path.p[i - 1] != '.')
        i--;
    return i > 0 && path.p[i - 1] == '/';
}

const struct site_file *site_find(const struct site *s, struct str path)
{
    const struct site_file *f = exact(s, path);

    if (!f && looks_like_page(path))
        f = exact(s, STR("/index.html"));
    return f;
}
