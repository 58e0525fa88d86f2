/* The extraction child's JSON (src/extract/README.md), checked, and cut into passages: what is
 * found, cited and shown. Nothing in it is believed before it is checked: it comes from a process
 * that has read a hostile file. */
#ifndef KNOWLEDGE_CLEAN_H
#define KNOWLEDGE_CLEAN_H
#include "base/arena.h"
#include "base/err.h"

enum {
    CLEAN_PASSAGE_CHARS = 400, /* an article up to this long is one passage */
    CLEAN_SECTION_CHARS = 100  /* a 一、 section with （一） below it is split beyond this */
};

enum clean_kind {
    CLEAN_TITLE = 1,
    CLEAN_FRONT,
    CLEAN_HEADING,
    CLEAN_CHAPTER,
    CLEAN_ARTICLE,
    CLEAN_PARAGRAPH,
    CLEAN_ITEM,
    CLEAN_HEADER,
    CLEAN_ROW,
    CLEAN_ANNEX,
    CLEAN_SIGN
};

struct clean_part {
    enum clean_kind kind;
    int level, table, row;
    struct str label;
    size_t begin, end;
};
struct clean_fact {
    struct str name, value;
};
struct clean_passage {
    const char *kind; /* front, article, paragraph, item, table_row: as in the table passage */
    struct str clause, heading;
    size_t begin, end; /* text is plain[begin, end) */
};

struct policy_text {
    struct str kind;  /* text, markdown, html, docx */
    struct str title; /* of the file's own metadata; "" if none */
    struct str plain;
    struct clean_fact *facts;
    size_t fact_n;
    struct clean_part *parts;
    size_t part_n;
    struct clean_passage *passages;
    size_t passage_n;
};

/* Parses and checks: offsets in order, inside plain and between characters. Then cuts passages.
 * TB_INVALID when the JSON is not what the child would say. Lives in a; json must outlive it. */
enum tb_code clean_read(struct arena *a, struct str json, struct policy_text *out,
                        struct tb_err *e) MUST_USE;
struct str clean_part_text(const struct policy_text *p, size_t i);
struct str clean_fact(const struct policy_text *p, const char *name); /* "" if none */

#endif
