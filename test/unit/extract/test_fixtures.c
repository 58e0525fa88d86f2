/* Every document there is, and hostile ones, through the real child of this build. Under the
 * sanitizers this is where the child's memory errors are seen: its parent in the server sees only
 * that it died, and takes the file for a broken one. */
#include "extract/read.h"
#include "extract/sandbox.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/share.h"
#include "make_zip.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena mem;

/* ---- the child, with its error output kept ---- */

struct end {
    int status; /* of waitpid */
    struct str out, err;
};

static char *child_path(struct arena *a)
{
    char here[4096];
    ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 64);

    here[n > 0 ? n : 0] = 0;
    for (int up = 0; up < 2; up++)
        *strrchr(here, '/') = 0;
    return fs_join(a, here, "tongban-extract");
}

static int start(struct arena *a, const char *in, const char *const *words, int out, int err,
                 pid_t *pid)
{
    char *argv[4] = { arena_z(a, STR("tongban-extract")), NULL }, *env[] = { NULL };
    posix_spawn_file_actions_t fa;
    int rc;

    for (int i = 0; words[i]; i++)
        argv[i + 1] = arena_z(a, str_z(words[i]));
    posix_spawn_file_actions_init(&fa);
    posix_spawn_file_actions_addopen(&fa, 0, in, O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&fa, out, 1);
    posix_spawn_file_actions_adddup2(&fa, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&fa, 3);
    rc = posix_spawn(pid, child_path(a), &fa, NULL, argv, env);
    posix_spawn_file_actions_destroy(&fa);
    return rc;
}

/* Takes both outputs as they come: the walls let the child write to no file. */
static void listen(struct buf *const to[2], const int from[2])
{
    struct pollfd p[2] = { { from[0], POLLIN, 0 }, { from[1], POLLIN, 0 } };
    static char part[65536];

    while ((p[0].fd >= 0 || p[1].fd >= 0) && poll(p, 2, 60000) > 0) {
        for (int i = 0; i < 2; i++) {
            ssize_t n = p[i].revents ? read(from[i], part, sizeof(part)) : -1;

            if (n > 0)
                buf_add(to[i], str_of(part, (size_t)n));
            else if (p[i].revents)
                p[i].fd = -1;
        }
    }
}

static struct end run(struct arena *a, const char *in, const char *const *words)
{
    struct buf out = BUF_INIT(256 << 20), err = BUF_INIT(1 << 20);
    struct buf *const to[2] = { &out, &err };
    int o[2], r[2], status = -1;
    pid_t pid = 0;

    CHECK(pipe2(o, O_CLOEXEC) == 0 && pipe2(r, O_CLOEXEC) == 0);
    CHECK_INT(start(a, in, words, o[1], r[1], &pid), 0);
    close(o[1]);
    close(r[1]);
    listen(to, (const int[2]){ o[0], r[0] });
    close(o[0]);
    close(r[0]);
    if (pid > 0)
        waitpid(pid, &status, 0);
    return (struct end){ status, arena_buf(a, &out), arena_buf(a, &err) };
}

/* Ended in order and had nothing to complain about. */
static bool sound(const struct end *x, const char *name)
{
    bool ok = WIFEXITED(x->status) && WEXITSTATUS(x->status) == 0 && x->err.n == 0;

    CHECK(ok);
    if (!ok)
        printf("# %s: status %#x\n%.*s\n", name, (unsigned)x->status, STR_FMT(x->err));
    return ok;
}

static const char *const read_it[] = { NULL }, *const unpack_it[] = { "--unpack", NULL };

/* The whole wire form or an error with a sentence; whether it was text. */
static bool read_file(const char *path)
{
    struct arena a = ARENA_INIT;
    struct end x = run(&a, path, read_it);
    const struct json_value *v;
    struct tb_err e = TB_ERR_INIT;
    bool text = false;

    if (sound(&x, path)) {
        CHECK_INT(json_read(&a, x.out, &v, &e), TB_OK);
        text = !e.code && json_get_str(v, "plain").n > 0;
        CHECK(e.code || text || json_get_str(json_get(v, "error"), "say").n > 0);
    }
    arena_release(&a);
    return text;
}

static size_t read_folder(const char *dir, size_t *readable)
{
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL;
    size_t n = 0;

    *readable = 0;
    CHECK_INT(fs_list(&mem, dir, &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n; i++)
        *readable += read_file(fs_join(&mem, dir, names[i]));
    return n;
}

static const char *in_tree(const char *name)
{
    return fs_join(&mem, share_dir(&mem), name);
}

static const char *shared(const char *name)
{
    const char *own = getenv("TONGBAN_SHARED_DATA");

    return fs_join(&mem, own ? own : in_tree("../shared/data"), name);
}

/* ---- tests ---- */

static void a_memory_error_inside_the_walls_is_reported(void)
{
#ifdef SANDBOX_SANITIZED
    static const char *const overflow[] = { "--probe", "overflow", NULL };
    struct arena a = ARENA_INIT;
    struct end x = run(&a, "/dev/null", overflow);

    CHECK(!(WIFEXITED(x.status) && WEXITSTATUS(x.status) == 0));
    CHECK(str_has(x.err, STR("heap-buffer-overflow")));
    arena_release(&a);
#else
    printf("# only under the sanitizers\n");
#endif
}

static void every_document_of_the_sample_city_is_read(void)
{
    size_t readable, n = read_folder(in_tree("demo/policies"), &readable);

    CHECK(n > 50);
    CHECK_INT(readable, n);
}

static void what_the_fuzzers_begin_with_ends_in_order(void)
{
    struct tb_err e = TB_ERR_INIT;
    const char *packed = in_tree("fuzz/corpus/unpack");
    char **names = NULL;
    size_t readable, n = 0;

    CHECK(read_folder(in_tree("fuzz/corpus/extract"), &readable) >= 10);
    CHECK(readable >= 7);
    read_folder(packed, &readable); /* an archive is no document: an error, not a crash */
    CHECK_INT(fs_list(&mem, packed, &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n; i++) {
        struct arena a = ARENA_INIT;
        struct end x = run(&a, fs_join(&mem, packed, names[i]), unpack_it);

        sound(&x, names[i]);
        CHECK(x.out.n > 0);
        arena_release(&a);
    }
}

static void real_pages_word_files_and_what_is_no_text_end_in_order(void)
{
    static const struct {
        const char *dir;
        size_t least;
    } rows[] = { { "policy/guangzhou/pages", 45 },
                 { "files/docx", 11 },
                 { "document/raw", 10 },
                 { "files/pdf", 0 },
                 { "files/images", 0 } };
    size_t readable;

    if (!fs_is_dir(shared("policy"))) {
        printf("# skipped: no shared data\n");
        return;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        read_folder(shared(rows[i].dir), &readable);
        CHECK(readable >= rows[i].least);
        if (readable < rows[i].least)
            printf("# %s: %zu\n", rows[i].dir, readable);
    }
}

/* ---- hostile ---- */

static char *hostile_dir;

static void put(const char *name, struct str bytes)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_write(fs_join(&mem, hostile_dir, name), bytes, 0600, &e), TB_OK);
}

static struct str repeated(const char *what, size_t times)
{
    struct buf b = BUF_INIT(64 << 20);

    for (size_t i = 0; i < times; i++)
        buf_addz(&b, what);
    return arena_buf(&mem, &b);
}

static void put_text(void)
{
    put("empty", STR(""));
    put("nul.txt", str_of("第一条\0第二条", 19));
    put("only-marks.md", repeated("# \n> \n- \n| | |\n|-|-|\n```\n", 2000));
    put("one-line.txt", repeated("第一条 很长的一行，", 60000));
    put("deep-list.md", repeated("（一）", 50000));
    put("wide-table.md", repeated("| 甲 ", 20000));
    put("bad-utf8.txt", repeated("\xe7\xac\xac\xff\xfe\xc0\x80", 20000));
    put("half-character.txt", STR("\xe7\xac\xac\xe4\xb8\x80\xe6\x9d"));
    put("utf16.txt", str_of("\xff\xfe\x2c\x7b\x00\xd8\x00", 7));
    put("deep.html", repeated("<div><table><tr><td><ul><li>第一条", 20000));
    put("entities.html", repeated("<p>&#x110000;&#xd800;&nbsp;&bogus;&lt</p>", 5000));
    put("attributes.html", repeated("<p a='\xff' style=\"display:none", 5000));
    put("spans.html", repeated("<table><tr><td rowspan=65535 colspan=65535>甲</td></tr>", 300));
}

static void put_packed(void)
{
    static const char laughs[] =
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>";
    const struct zip_part bad[] = { { "word/document.xml", str_z(laughs) } };
    const struct zip_part out[] = { { "word/document.xml", STR("<x/>") }, { "../x", STR("y") } };
    const struct zip_part bomb[] = { { "word/document.xml",
                                       str_of(arena_zalloc(&mem, 40 << 20), 40 << 20) } };
    const struct zip_part deep[] = { { "word/document.xml",
                                       repeated("<w:tbl><w:tr><w:tc>", 9000) } };
    struct str docx = make_docx(&mem, DOCX_P("第一条 为了测试。") DOCX_P("（一）甲"), "", "");

    put("laughs.docx", make_zip(&mem, bad, 1));
    put("out.docx", make_zip(&mem, out, 2));
    put("bomb.docx", make_zip(&mem, bomb, 1));
    put("deep.docx", make_zip(&mem, deep, 1));
    put("head.docx", STR("PK\x03\x04 and no more"));
    for (size_t i = 1; i < 12; i++) /* cut at every twelfth */
        put(arena_printf(&mem, "cut%zu.docx", i).p, str_sub(docx, 0, docx.n * i / 12));
}

static void hostile_files_end_in_order(void)
{
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL;
    size_t readable, n = 0;

    hostile_dir = tb_temp_dir(&mem);
    put_text();
    put_packed();
    CHECK(read_folder(hostile_dir, &readable) > 25);
    CHECK_INT(fs_list(&mem, hostile_dir, &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n; i++) {
        struct arena a = ARENA_INIT;
        struct end x = run(&a, fs_join(&mem, hostile_dir, names[i]), unpack_it);

        sound(&x, names[i]);
        arena_release(&a);
    }
}

/* Bytes changed and cut, in this process and in memory of exactly their size, where the first byte
 * read beyond is seen. */
static void broken_copies_of_documents_are_read_within_their_bounds(void)
{
    const char *dir = in_tree("fuzz/corpus/extract");
    struct tb_err e = TB_ERR_INIT;
    char **names = NULL;
    size_t n = 0;
    uint64_t dice = 20261122;

    extract_warm_up();
    CHECK_INT(fs_list(&mem, dir, &names, &n, &e), TB_OK);
    for (size_t i = 0; i < n * 60; i++) {
        struct arena a = ARENA_INIT;
        struct str whole;
        struct reading r;
        char *p;
        size_t size;

        CHECK_INT(fs_read(&a, fs_join(&a, dir, names[i % n]), 1 << 20, &whole, &e), TB_OK);
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        size = whole.n - (dice >> 33) % (whole.n / 4 + 1);
        p = malloc(size ? size : 1);
        memcpy(p, whole.p, size);
        for (int k = 0; k < 3 && size; k++) {
            dice = dice * 6364136223846793005u + 1442695040888963407u;
            p[(dice >> 33) % size] = (char)(dice >> 25);
        }
        e = (struct tb_err)TB_ERR_INIT;
        if (extract_read(&a, str_of(p, size), &r, &e))
            CHECK(e.say[0] != 0);
        arena_release(&a);
        free(p);
        e = (struct tb_err)TB_ERR_INIT;
    }
}

static const struct tb_test tests[] = {
    TEST(a_memory_error_inside_the_walls_is_reported),
    TEST(every_document_of_the_sample_city_is_read),
    TEST(what_the_fuzzers_begin_with_ends_in_order),
    TEST(real_pages_word_files_and_what_is_no_text_end_in_order),
    TEST(hostile_files_end_in_order),
    TEST(broken_copies_of_documents_are_read_within_their_bounds),
};
TEST_MAIN(tests)
