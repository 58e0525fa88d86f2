/* The real child: its walls hold, whatever it is fed the caller gets a sentence and goes on. */
#include "extract/child.h"

#include "base/fs.h"
#include "base/json.h"
#include "extract/sandbox.h"
#include "make_zip.h"
#include "tb_temp.h"
#include "tb_test.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static struct arena mem;
static struct tb_err err;

static int file_of(struct str bytes)
{
    char *path = fs_join(&mem, tb_temp_dir(&mem), "f");
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_write(path, bytes, 0600, &e), TB_OK);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static enum tb_code feed(struct str bytes, struct str *json)
{
    int fd = file_of(bytes);
    enum tb_code c;

    err = (struct tb_err)TB_ERR_INIT;
    c = extract_child(&mem, fd, json, &err);
    close(fd);
    return c;
}

static void refused(struct str bytes, enum tb_code want, const char *says)
{
    struct str json;

    CHECK_INT(feed(bytes, &json), want);
    CHECK(str_has(str_z(err.say), str_z(says)));
    if (!str_has(str_z(err.say), str_z(says)))
        printf("# said: %s | %s\n", err.say, err.log);
}

/* ---- the walls ---- */

static int probe(const char *what)
{
    char *argv[] = { arena_z(&mem, STR("tongban-extract")), arena_z(&mem, STR("--probe")),
                     arena_z(&mem, str_z(what)), NULL };
    char *env[] = { NULL };
    char here[4096];
    ssize_t n = readlink("/proc/self/exe", here, sizeof(here) - 1);
    int status = -1;
    pid_t pid;

    here[n > 0 ? n : 0] = 0;
    *strrchr(here, '/') = 0;
    *strrchr(here, '/') = 0;
    CHECK_INT(
        posix_spawn(&pid, arena_printf(&mem, "%s/tongban-extract", here).p, NULL, NULL, argv, env),
        0);
    waitpid(pid, &status, 0);
    return status;
}

static void the_kernel_kills_the_child_for_what_it_must_not_do(void)
{
    static const char *const forbidden[] = { "socket", "write", "exec", "fork", "ptrace", "kill" };

    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        int status = probe(forbidden[i]);

        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
        if (!WIFSIGNALED(status))
            printf("# %s: status %d\n", forbidden[i], status);
    }
    CHECK(access("/tmp/tongban-probe", F_OK) != 0);
}

static void no_file_can_be_opened_even_for_reading(void)
{
#ifndef SANDBOX_SANITIZED /* whose own run time reads /proc */
    int status = probe("read");

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
#endif
}

/* ---- what it is fed ---- */

static void a_good_file_comes_back_as_json(void)
{
    const struct json_value *v;
    struct tb_err e = TB_ERR_INIT;
    struct str json;

    CHECK_INT(feed(STR("# 测试办法\n\n第一条 为了测试。\n"), &json), TB_OK);
    CHECK_INT(json_read(&mem, json, &v, &e), TB_OK);
    CHECK_STR(json_get_str(v, "kind"), "markdown");
    CHECK_STR(json_get_str(v, "plain"), "测试办法\n第一条 为了测试。\n");
    CHECK_INT(json_len(json_get(v, "parts")), 2);
}

static void hostile_files_give_a_sentence_and_the_next_file_is_read(void)
{
    static const char laughs[] =
        "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>";
    const struct zip_part bad_xml[] = { { "word/document.xml",
                                          str_of(laughs, sizeof(laughs) - 1) } };
    const struct zip_part out[] = { { "word/document.xml", STR("<x/>") }, { "../x", STR("y") } };
    char *zeros = arena_zalloc(&mem, 40 << 20);
    const struct zip_part bomb[] = { { "word/document.xml", str_of(zeros, 40 << 20) } };
    struct str json;

    refused(STR(""), TB_INVALID, "空的");
    refused(STR("PK\x03\x04 and no more"), TB_INVALID, "损坏");
    refused(str_of(zeros, 1000), TB_UNSUPPORTED, "空字节");
    refused(make_zip(&mem, bad_xml, 1), TB_INVALID, "实体");
    refused(make_zip(&mem, out, 2), TB_INVALID, "指向外部");
    refused(make_zip(&mem, bomb, 1), TB_TOO_LARGE, "压缩炸弹");
    CHECK_INT(feed(STR("第一条 还在。\n"), &json), TB_OK);
}

static void two_hundred_megabytes_are_refused_without_being_held(void)
{
    int fd = open(tb_temp_dir(&mem), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct str json;

    if (fd < 0) /* a file system without O_TMPFILE */
        fd = file_of(STR("x"));
    CHECK_INT(ftruncate(fd, (off_t)200 << 20), 0);
    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(extract_child(&mem, fd, &json, &err), TB_TOO_LARGE);
    CHECK(str_has(str_z(err.say), STR("64 MB")));
    close(fd);
}

static void a_child_that_hangs_is_killed_by_the_wall_clock(void)
{
    struct str json;
    int p[2];

    CHECK_INT(pipe2(p, O_CLOEXEC), 0);
    err = (struct tb_err)TB_ERR_INIT;
    CHECK_INT(extract_child_within(&mem, p[0], 50, &json, &err), TB_TIMEOUT);
    CHECK(str_has(str_z(err.say), STR("超时")));
    close(p[0]);
    close(p[1]);
}

static void a_child_that_dies_or_floods_is_an_error_of_the_file(void)
{
    struct str json;

    setenv("TONGBAN_EXTRACT", "/bin/false", 1);
    refused(STR("x"), TB_INVALID, "损坏");
    setenv("TONGBAN_EXTRACT", "/bin/true", 1);
    refused(STR("x"), TB_INVALID, "损坏");
    setenv("TONGBAN_EXTRACT", "/usr/bin/yes", 1);
    refused(STR("x"), TB_TOO_LARGE, "太多");
    setenv("TONGBAN_EXTRACT", "/nowhere/at/all", 1);
    refused(STR("x"), TB_INTERNAL, "启动失败");
    unsetenv("TONGBAN_EXTRACT");
    CHECK_INT(feed(STR("第一条 还在。\n"), &json), TB_OK);
}

/* ---- archives ---- */

struct seen {
    struct buf names; /* name=bytes; or name!why; */
    size_t n;
};

static enum tb_code note(void *self, const struct unpacked *m, struct tb_err *e)
{
    struct seen *s = self;
    struct str bytes = STR("");

    (void)e;
    s->n++;
    if (!m->skip)
        CHECK_INT(fs_read(&mem, m->path, 1 << 20, &bytes, &err), TB_OK);
    buf_addf(&s->names, "%.*s%s%.*s;", STR_FMT(m->name), m->skip ? "!" : "=",
             STR_FMT(m->skip ? str_z(m->skip) : bytes));
    return TB_OK;
}

static enum tb_code unpack(struct str archive, struct seen *s)
{
    int fd = file_of(archive);
    enum tb_code c;

    *s = (struct seen){ .names = BUF_INIT(1 << 20) };
    err = (struct tb_err)TB_ERR_INIT;
    c = unpack_child(fd, tb_temp_dir(&mem), note, s, &err);
    close(fd);
    return c;
}

/* One ustar member, padded. */
static void tar_add(struct buf *b, const char *name, struct str bytes, char type)
{
    char head[513] = { 0 };
    unsigned sum = 0;

    memcpy(head, name, strlen(name) < 100 ? strlen(name) : 100);
    snprintf(head + 100, 8, "%07o", 0644);
    snprintf(head + 124, 13, "%011zo", bytes.n);
    snprintf(head + 136, 13, "%011o", 0);
    memset(head + 148, ' ', 8);
    head[156] = type;
    memcpy(head + 257, "ustar\00000", 8);
    for (int i = 0; i < 512; i++)
        sum += (unsigned char)head[i];
    snprintf(head + 148, 8, "%06o", sum);
    buf_add(b, str_of(head, 512));
    buf_add(b, bytes);
    while (b->n % 512)
        buf_addc(b, 0);
}

static struct str tar_of(struct buf *b)
{
    static const char zeros[1024];

    *b = (struct buf)BUF_INIT(1 << 20);
    tar_add(b, "a/办法.md", STR("# 甲"), '0');
    tar_add(b, "../../etc/cron.d/evil", STR("* * * * *"), '0');
    tar_add(b, "link", STR(""), '2');
    tar_add(b, "a/.DS_Store", STR("x"), '0');
    tar_add(b, "././@LongLink", STR("很长/的/名字.txt"), 'L');
    tar_add(b, "short", STR("乙"), '0');
    tar_add(b, "empty.md", STR(""), '0');
    buf_add(b, str_of(zeros, 1024));
    return buf_str(b);
}

static const char want_tar[] =
    "a/办法.md=# 甲;../../etc/cron.d/evil!压缩包里的文件名指向包外，已拒绝;"
    "a/.DS_Store!系统文件，不导入;很长/的/名字.txt=乙;empty.md!文件是空的;";

static struct str gzip(struct str s)
{
    z_stream z = { 0 };
    char *out = arena_alloc(&mem, s.n + 1000);

    CHECK_INT(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)s.p;
    z.avail_in = (unsigned)s.n;
    z.next_out = (unsigned char *)out;
    z.avail_out = (unsigned)s.n + 1000;
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    s = str_of(out, z.total_out);
    deflateEnd(&z);
    return s;
}

static void a_tar_gives_its_files_and_refuses_paths_that_lead_out(void)
{
    struct buf b;
    struct seen s;
    struct str tar = tar_of(&b);

    CHECK_INT(unpack(tar, &s), TB_OK);
    CHECK_STR(buf_str(&s.names), want_tar);
    buf_release(&s.names);
    CHECK_INT(unpack(gzip(tar), &s), TB_OK);
    CHECK_STR(buf_str(&s.names), want_tar);
    buf_release(&s.names);
    buf_release(&b);
}

static void a_zip_archive_gives_its_files(void)
{
    const struct zip_part parts[] = { { "甲.md", STR("# 甲") },
                                      { "夹/", STR("") },
                                      { "夹/乙.txt", STR("乙") },
                                      { "__MACOSX/x", STR("x") } };
    struct seen s;

    CHECK_INT(unpack(make_zip(&mem, parts, 4), &s), TB_OK);
    CHECK_STR(buf_str(&s.names), "甲.md=# 甲;夹/乙.txt=乙;__MACOSX/x!系统文件，不导入;");
    buf_release(&s.names);
}

static void a_cut_archive_gives_what_came_before_the_cut_and_an_error(void)
{
    struct buf b;
    struct seen s;
    struct str tar = tar_of(&b), packed = gzip(tar);

    CHECK_INT(unpack(str_sub(tar, 0, 1500), &s), TB_INVALID);
    CHECK_INT(s.n, 1);
    buf_release(&s.names);
    CHECK(unpack(str_sub(packed, 0, packed.n / 2), &s) != TB_OK);
    CHECK(err.say[0] != 0);
    buf_release(&s.names);
    CHECK_INT(unpack(STR("not an archive"), &s), TB_UNSUPPORTED);
    buf_release(&s.names);
    buf_release(&b);
}

static void a_gzip_bomb_stops_at_the_limit_of_a_member(void)
{
    struct buf b = BUF_INIT(100 << 20);
    char *zeros = arena_zalloc(&mem, 70 << 20);
    static const char end[1024];
    struct seen s;

    tar_add(&b, "zeros.txt", str_of(zeros, 70 << 20), '0');
    buf_add(&b, str_of(end, 1024));
    CHECK_INT(unpack(gzip(buf_str(&b)), &s), TB_OK);
    CHECK_STR(buf_str(&s.names), "zeros.txt!文件太大（上限 64 MB）;");
    buf_release(&s.names);
    buf_release(&b);
}

static const struct tb_test tests[] = {
    TEST(the_kernel_kills_the_child_for_what_it_must_not_do),
    TEST(no_file_can_be_opened_even_for_reading),
    TEST(a_good_file_comes_back_as_json),
    TEST(hostile_files_give_a_sentence_and_the_next_file_is_read),
    TEST(two_hundred_megabytes_are_refused_without_being_held),
    TEST(a_child_that_hangs_is_killed_by_the_wall_clock),
    TEST(a_child_that_dies_or_floods_is_an_error_of_the_file),
    TEST(a_tar_gives_its_files_and_refuses_paths_that_lead_out),
    TEST(a_zip_archive_gives_its_files),
    TEST(a_cut_archive_gives_what_came_before_the_cut_and_an_error),
    TEST(a_gzip_bomb_stops_at_the_limit_of_a_member),
};
TEST_MAIN(tests)
