/* What every reader makes of a file: a flat list of paragraphs, headings and table rows in reading
 * order, text trimmed, white space collapsed, plain UTF-8. extract/parts.h gives it structure. */
#ifndef EXTRACT_BLOCKS_H
#define EXTRACT_BLOCKS_H
#include "base/arena.h"
#include "base/err.h"

enum { BLOCKS_TEXT_MAX = 24 * 1024 * 1024, BLOCKS_MAX = 200000, BLOCKS_CELLS_MAX = 64 };

enum block_kind { BLOCK_PARAGRAPH = 1, BLOCK_HEADING, BLOCK_ROW };

struct block {
    enum block_kind kind;
    int level;       /* heading: 1 (title) … 6 */
    struct str text; /* paragraph or heading: one line */
    struct str *cells;
    size_t cell_n;
    int table;   /* row: number of the table, from 1 */
    bool header; /* row: names the columns */
};

struct blocks {
    struct arena *a;
    struct block *items;
    size_t n, cap;
    size_t bytes;     /* of all text */
    bool over;        /* a limit was passed; blocks_check says so */
    int tables;       /* tables begun so far */
    struct str title; /* from the file's own metadata; "" if none */
    struct blocks_fact { /* 发文字号, 发布机构, 成文日期, 发布日期 … as the file's metadata says */
        struct str name, value;
    } facts[32];
    size_t fact_n;
};

/* Texts are copied and tidied (see blocks_tidy); an empty one adds nothing. */
void blocks_paragraph(struct blocks *b, struct str text);
void blocks_heading(struct blocks *b, int level, struct str text);
void blocks_row(struct blocks *b, int table, bool header, const struct str *cells, size_t n);
void blocks_fact(struct blocks *b, struct str name, struct str value);
/* One line: control characters and zero-width marks gone, runs of white space one space (none where
 * a line ended between two Chinese characters), trimmed. */
struct str blocks_tidy(struct arena *a, struct str text);
enum tb_code blocks_check(const struct blocks *b, struct tb_err *e) MUST_USE;

#endif
