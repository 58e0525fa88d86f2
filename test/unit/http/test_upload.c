/* Uploads, stored files, pages. */
#include "scene.h"

/* ---- uploads ---- */

#define PART "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n"

static int begin_upload(struct scene *s, const char *role, size_t body)
{
    int fd = dial(s);
    struct str head = arena_printf(
        &s->mem,
        "POST /api/upload HTTP/1.1\r\n" H "X-Role: %s\r\nContent-Type: multipart/form-data; "
        "boundary=b\r\nContent-Length: %zu\r\nExpect: 100-continue\r\n\r\n",
        role, body);

    CHECK(say(fd, head));
    return fd;
}

static void an_upload_is_kept_in_files_that_go_with_the_request(void)
{
    struct scene s;
    struct str got, data;
    struct buf b = BUF_INIT(32 << 20);
    int fd;

    begin(&s);
    buf_addf(&b, PART, "../../etc/\xe4\xb8\xad.txt");
    for (int i = 0; b.n < 5000000; i++)
        buf_addf(&b, "%d 行\r\n--c\r\n-", i);
    data = str_from(buf_str(&b), str_find(buf_str(&b), STR("\r\n\r\n")) + 4);
    fd = begin_upload(&s, "guardian", b.n + 9);
    CHECK(str_starts(hear(&s, fd, "\r\n\r\n"), STR("HTTP/1.1 100 Continue")));
    buf_addz(&b, "\r\n--b--\r\n");
    CHECK(say(fd, buf_str(&b)));
    got = hear(&s, fd, "]");
    CHECK_INT(status_in(got), 200);
    data.n = b.n - 9 - (size_t)(data.p - b.p);
    data.p = b.p + (b.n - 9 - data.n);
    CHECK(str_ends(
        got, arena_printf(&s.mem, "[{\"name\":\"../../etc/中.txt\",\"bytes\":%zu,\"hash\":%lld}]",
                          data.n, (long long)(str_hash(data) >> 12))));
    CHECK(strstr(last_temp, "/tmp/upload-") && !strstr(last_temp, "etc"));
    for (int i = 0; i < 1000 && fs_exists(last_temp); i++)
        usleep(1000);
    CHECK(!fs_exists(last_temp));
    close(fd);
    buf_release(&b);
    end(&s);
}

static void nobody_uploads_a_byte_who_may_not(void)
{
    struct scene s;
    struct str got;
    int fd;

    begin(&s);
    fd = begin_upload(&s, "clerk", 1000000);
    got = hear(&s, fd, "}}");
    CHECK_INT(status_in(got), 403);
    CHECK(str_has(got, STR("Connection: close\r\n"))); /* what is unsent is no request */
    close(fd);
    fd = begin_upload(&s, "guardian", (64u << 20) + 1);
    CHECK_INT(status_in(hear(&s, fd, "}}")), 413);
    close(fd);
    end(&s);
}

static void an_upload_cut_off_leaves_nothing_behind(void)
{
    struct scene s;
    struct tb_err e = TB_ERR_INIT;
    struct buf b = BUF_INIT(2 << 20);
    char **names;
    size_t n = 1;
    int fd;

    begin(&s);
    fd = begin_upload(&s, "guardian", 2000000);
    hear(&s, fd, "\r\n\r\n");
    buf_addf(&b, PART, "x");
    while (b.n < 1000000)
        buf_addc(&b, 'x');
    say(fd, buf_str(&b));
    close(fd);
    for (int i = 0; i < 2000 && n > 0; i++) {
        CHECK_INT(fs_list(&s.mem, fs_join(&s.mem, s.at.data_dir, "tmp"), &names, &n, &e), TB_OK);
        usleep(1000);
    }
    CHECK_INT(n, 0);
    buf_release(&b);
    end(&s);
}

static void a_full_disk_refuses_the_upload_and_nothing_else(void)
{
    struct rlimit small = { 100000, RLIM_INFINITY }, old;
    struct scene s;
    struct buf b = BUF_INIT(2 << 20);
    struct str got;
    int fd;

    begin(&s);
    buf_addf(&b, PART, "x");
    while (b.n < 1000000)
        buf_addc(&b, 'x');
    getrlimit(RLIMIT_FSIZE, &old);
    setrlimit(RLIMIT_FSIZE, &small);
    fd = begin_upload(&s, "guardian", b.n + 9);
    hear(&s, fd, "\r\n\r\n");
    buf_addz(&b, "\r\n--b--\r\n");
    say(fd, buf_str(&b));
    got = hear(&s, fd, "}}");
    setrlimit(RLIMIT_FSIZE, &old);
    CHECK_INT(status_in(got), 503);
    CHECK(str_has(got, STR("磁盘空间不足")));
    close(fd);
    CHECK_INT(status_in(ask(&s, GET_HELLO)), 200);
    buf_release(&b);
    end(&s);
}

/* ---- files and pages ---- */

static void a_file_is_sent_whole_as_an_attachment(void)
{
    struct scene s;
    struct tb_err e = TB_ERR_INIT;
    struct buf b = BUF_INIT(16 << 20);
    struct str got;
    char *path;

    begin(&s);
    path = fs_join(&s.mem, s.at.data_dir, "x.pdf");
    while (b.n < 3000000)
        buf_addf(&b, "%zu,", b.n);
    CHECK_INT(fs_write(path, buf_str(&b), 0600, &e), TB_OK);
    got = ask(&s, arena_printf(&s.mem, "GET /api/big?path=%s HTTP/1.1\r\n" H "\r\n", path).p);
    CHECK_INT(status_in(got), 200);
    CHECK(str_has(got, STR("Content-Type: application/pdf\r\n")));
    CHECK(str_has(got, STR("Content-Disposition: attachment; filename=\"download.pdf\"; filename*="
                           "UTF-8''%E8%A1%A5%E8%B4%B4%20%E5%8A%9E%E6%B3%95.pdf\r\n")));
    CHECK(str_ends(got, buf_str(&b)));
    got = ask(&s, "GET /api/big?path=/nonexistent HTTP/1.1\r\n" H "\r\n");
    CHECK_INT(status_in(got), 404);
    CHECK(!str_has(got, STR("attachment")));
    buf_release(&b);
    end(&s);
}

static void put(struct scene *s, const char *dir, const char *name, const char *text)
{
    struct tb_err e = TB_ERR_INIT;

    CHECK_INT(fs_write(fs_join(&s->mem, dir, name), str_z(text), 0600, &e), TB_OK);
}

static void pages_come_packed_cached_and_from_their_folder_only(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    char *dir = tb_temp_dir(&a), *site = fs_join(&a, dir, "dist");
    struct scene s = { .mem = a }, t;
    struct str got, etag;

    CHECK_INT(fs_mkdirs(fs_join(&a, site, "assets"), 0700, &e), TB_OK);
    put(&s, dir, "secret.txt", "secret");
    put(&s, site, "index.html", "<html>一</html>");
    put(&s, site, "assets/app-1a2b3c4d.js", "let a");
    put(&s, site, "assets/app-1a2b3c4d.js.gz", "GZ");
    put(&s, site, "assets/app-1a2b3c4d.js.br", "BR");
    begin_with(&t, (struct server_options){ .static_dir = site });
    got = ask(&t, "GET / HTTP/1.1\r\n" H "\r\n");
    CHECK(str_ends(got, STR("<html>一</html>")));
    CHECK(str_has(got, STR("Content-Security-Policy: default-src 'self'; script-src 'self'; "
                           "style-src 'self'")));
    CHECK(str_has(got, STR("Cache-Control: no-cache\r\n")));
    etag = arena_str(&t.mem, str_sub(got, str_find(got, STR("Etag: ")) + 6, 18));
    got = ask(&t, arena_printf(&t.mem, "GET / HTTP/1.1\r\n" H "If-None-Match: %.*s\r\n\r\n",
                               STR_FMT(etag))
                      .p);
    CHECK_INT(status_in(got), 304);
    CHECK(str_ends(got, STR("\r\n\r\n")));
    CHECK(str_ends(ask(&t, "GET /staff/inbox HTTP/1.1\r\n" H "\r\n"), STR("</html>")));
    got = ask(&t, "GET /assets/app-1a2b3c4d.js HTTP/1.1\r\n" H "Accept-Encoding: gzip, br\r\n\r\n");
    CHECK(str_has(got, STR("Content-Encoding: br\r\n")) && str_ends(got, STR("\r\n\r\nBR")));
    CHECK(str_has(got, STR("max-age=31536000, immutable\r\n")));
    CHECK(str_has(got, STR("Vary: Accept-Encoding\r\n")));
    got = ask(&t,
              "GET /assets/app-1a2b3c4d.js HTTP/1.1\r\n" H "Accept-Encoding: gzip, br;q=0\r\n\r\n");
    CHECK(str_ends(got, STR("\r\n\r\nGZ")));
    CHECK(str_ends(ask(&t, "GET /assets/app-1a2b3c4d.js HTTP/1.1\r\n" H "\r\n"), STR("let a")));
    CHECK_INT(status_in(ask(&t, "GET /assets/none.js HTTP/1.1\r\n" H "\r\n")), 404);
    CHECK_INT(status_in(ask(&t, "GET /api/none HTTP/1.1\r\n" H "\r\n")), 404);
    CHECK_INT(status_in(ask(&t, "GET /../secret.txt HTTP/1.1\r\n" H "\r\n")), 400);
    CHECK_INT(status_in(ask(&t, "GET /assets/..%2f..%2fsecret.txt HTTP/1.1\r\n" H "\r\n")), 400);
    CHECK_INT(status_in(ask(&t, "GET //etc/passwd.txt HTTP/1.1\r\n" H "\r\n")), 404);
    CHECK_INT(status_in(ask(&t, "POST / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n")), 405);
    end(&t);
    arena_release(&a);
}

static const struct tb_test tests[] = {
    TEST(an_upload_is_kept_in_files_that_go_with_the_request),
    TEST(nobody_uploads_a_byte_who_may_not),
    TEST(an_upload_cut_off_leaves_nothing_behind),
    TEST(a_full_disk_refuses_the_upload_and_nothing_else),
    TEST(a_file_is_sent_whole_as_an_attachment),
    TEST(pages_come_packed_cached_and_from_their_folder_only),
};
RUN_TESTS(tests)
