/* One untrusted file, whole in memory, to text with structure. Runs inside the sandboxed child (and
 * in tests and fuzzers); opens nothing. */
#ifndef EXTRACT_READ_H
#define EXTRACT_READ_H
#include "extract/blocks.h"
#include "extract/parts.h"

enum { EXTRACT_BYTES_MAX = 64 * 1024 * 1024 };

struct reading {
    const char *kind; /* text, markdown, html, docx */
    struct blocks blocks;
    struct parts parts;
};

enum tb_code extract_read(struct arena *a, struct str bytes, struct reading *out,
                          struct tb_err *e) MUST_USE;
/* The wire form (README.md): one JSON object. */
void extract_write(const struct reading *r, struct buf *json);
void extract_write_error(const struct tb_err *e, struct buf *json);
/* Must be called before the sandbox closes: parsers' global tables, converters of encodings. */
void extract_warm_up(void);

#endif
