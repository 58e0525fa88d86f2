/* A body of laws for `eval retrieval` and the benchmarks: Markdown files in a folder or an archive
 * (.tar, .tar.xz, .tar.gz, .zip), cut into articles (lines that begin with 第…条). */
#ifndef CLI_EVAL_CORPUS_H
#define CLI_EVAL_CORPUS_H
#include "base/arena.h"
#include "base/err.h"

struct corpus_article {
    struct str file;    /* as in the archive, without ./ */
    struct str article; /* 第五十四条 */
    struct str title, heading, text;
};
struct corpus {
    struct arena mem;
    struct corpus_article *v; /* by file name, then as in the file */
    size_t n, cap, files;
};

/* exclude: a folder at the top that is passed over; NULL: none. */
enum tb_code corpus_read(const char *path, const char *exclude, struct corpus *out,
                         struct tb_err *e) MUST_USE;
void corpus_release(struct corpus *c);

#endif
