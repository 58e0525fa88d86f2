/* How fast files become text through the sandboxed child: start-up, then megabytes a second of
 * Markdown, of a saved page, and of text through clean and label too. Last line: JSON. */
#include "base/fs.h"
#include "base/share.h"
#include "base/world.h"
#include "extract/child.h"
#include "knowledge/clean.h"
#include "knowledge/label.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BIG = 10 << 20 };

static struct arena mem;

static int file_of(struct str bytes)
{
    char name[] = "/tmp/tongban-bench-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);

    unlink(name);
    if (fd < 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n || lseek(fd, 0, SEEK_SET) != 0) {
        perror("bench");
        exit(1);
    }
    return fd;
}

static double seconds_of(struct str bytes, bool whole)
{
    const struct world *w = world_real();
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    int fd = file_of(bytes);
    int64_t began = world_mono_us(w);
    struct policy_text text;
    struct label l;
    struct str json;
    double s;

    if (extract_child(&a, fd, &json, &e) || (whole && clean_read(&a, json, &text, &e))) {
        fprintf(stderr, "%s (%s)\n", e.say, e.log);
        exit(1);
    }
    if (whole)
        label_read(&a, &text, STR("x.md"), &l);
    s = (double)(world_mono_us(w) - began) / 1e6;
    close(fd);
    arena_release(&a);
    return s;
}

static struct str grown(struct str unit, const char *head, const char *tail)
{
    struct buf b = BUF_INIT(BIG + (1 << 20));

    buf_addz(&b, head);
    while (b.n < BIG)
        buf_add(&b, unit);
    buf_addz(&b, tail);
    return buf_str(&b);
}

int main(void)
{
    const char *path = fs_join(&mem, share_dir(&mem), "demo/policies/gaoling-2024.md");
    struct tb_err e = TB_ERR_INIT;
    struct str md, small = STR("第一条 为了测试。\n"), big, page;
    double start = 1e9, t_md, t_whole, t_html;

    if (fs_read(&mem, path, 1 << 20, &md, &e)) {
        fprintf(stderr, "%s\n", e.log);
        return 1;
    }
    for (int i = 0; i < 20; i++) {
        double s = seconds_of(small, false);

        start = s < start ? s : start;
    }
    big = grown(md, "", "");
    page = grown(STR("<p>第二条 本办法所称高龄津贴，是指由财政安排、按月发放的福利性补贴。</p>\n"),
                 "<!DOCTYPE html><html><body><div id=zoomcon>", "</div></body></html>");
    t_md = seconds_of(big, false);
    t_whole = seconds_of(big, true);
    t_html = seconds_of(page, false);
    printf("one small file %.1f ms\nMarkdown %.1f MB/s, with passages and label %.1f MB/s\n"
           "HTML %.1f MB/s\n",
           start * 1e3, (double)big.n / 1e6 / t_md, (double)big.n / 1e6 / t_whole,
           (double)page.n / 1e6 / t_html);
    printf("{\"start_ms\":%.2f,\"markdown_mb_s\":%.2f,\"ingest_mb_s\":%.2f,\"html_mb_s\":%.2f}\n",
           start * 1e3, (double)big.n / 1e6 / t_md, (double)big.n / 1e6 / t_whole,
           (double)page.n / 1e6 / t_html);
    return 0;
}
