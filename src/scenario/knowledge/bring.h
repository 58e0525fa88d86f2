/* Many files into the knowledge base: files, folders and archives, one after another, each in its
 * own transaction; what cannot be read is skipped and said. The command line, the job of the page
 * and set-up all come this way. */
#ifndef SCENARIO_KNOWLEDGE_BRING_H
#define SCENARIO_KNOWLEDGE_BRING_H
#include "base/json.h"
#include "domain/talk.h"
#include "knowledge/ingest.h"

enum { BRING_FILES_MAX = 200000, BRING_DEPTH_MAX = 32 };

struct bring_options {
    struct ingest_options ingest; /* .extract and .data_dir are filled in */
    /* After every file; total may grow while archives are opened. May be NULL. */
    void (*progress)(void *self, int64_t done, int64_t total, struct str name);
    bool (*stop)(void *self); /* true: stop after the file at hand. May be NULL */
    void *self;
};

struct brought { /* a version that was made, or found unchanged */
    struct str file, title, document_number;
    int64_t document_id, version_id;
    int number;
    enum ingest_outcome outcome;
    bool confirmed;
    size_t doubts;
    struct str notes; /* what a person should look at, one sentence after another */
};
struct brought_not {
    struct str file, why;
};
struct bring_result { /* lives in t->mem */
    int64_t added, updated, unchanged;
    struct brought *versions;
    size_t version_n, version_cap;
    struct brought_not *skipped;
    size_t skipped_n, skipped_cap;
};

/* name: what people call this path (shown). Only what nobody could go on after is an error: the
 * disk or database failed (TB_STORE, TB_BUSY), stop said so (TB_CANCELLED), the path is not there
 * (TB_NOT_FOUND). Adds to *out. */
enum tb_code bring_path(struct talk *t, const char *path, struct str name,
                        const struct bring_options *o, struct bring_result *out,
                        struct tb_err *e) MUST_USE;
/* Lets the live search know, when there is one. */
enum tb_code bring_end(struct talk *t, struct tb_err *e) MUST_USE;
/* {"added","updated","unchanged","skipped","versions"} as docs/api.md; the object is open, so that
 * more can be added. */
void bring_json(struct json *j, const struct bring_result *r);

#endif
