/* Brings one file into the knowledge base: collect (bytes by digest, text by the extraction child),
 * clean (passages), label (what it says about itself), validate, keep. One transaction per file: it
 * is in whole or not at all. Knows no child process: who reads untrusted bytes is handed in. */
#ifndef KNOWLEDGE_INGEST_H
#define KNOWLEDGE_INGEST_H
#include "domain/talk.h"
#include "knowledge/label.h"
#include "store/draft.h"

enum { INGEST_FILE_MAX = 64 * 1024 * 1024 };

struct ingest_options {
    /* Turns an open file into the JSON form that src/extract/README.md describes. Pass
     * extract_child of extract/child.h; tests may pass their own. */
    enum tb_code (*extract)(struct arena *a, int fd, struct str *json, struct tb_err *e);
    /* Are there words in text that would make a model leave its rules? *why: a Chinese sentence's
     * part, in t->mem. NULL: nothing is looked for. A person must then look before it counts. */
    bool (*suspect)(struct talk *t, struct str text, struct str *why);
    const char *data_dir;      /* originals go to data_dir/files/ab/cdef… */
    struct str department;     /* department id; "" for none */
    struct str classification; /* "public" ("" too), "internal" or "sensitive" */
    bool confirm;              /* a person vouches (--yes): good even when in doubt */
    bool confirm_clear;        /* good by itself when nothing is in doubt; else proposed */
    /* 双岗制: what is good becomes public by this person's signature. NULL: a new policy becomes
     * internal (for staff and the command line) and waits for a signature to become public; a new
     * version of a public one waits as proposed. */
    const struct signer *signer;
    int64_t author_id; /* who uploads it (staff); 0: the machine's owner, by a command */
    struct str author_name;
};

enum ingest_outcome {
    INGEST_NEW = 1,     /* a policy not known before */
    INGEST_NEW_VERSION, /* another version of a known policy */
    INGEST_SAME         /* these bytes are here already: nothing was changed */
};

struct ingest_result { /* strings live in t->mem */
    enum ingest_outcome outcome;
    int64_t document_id, version_id;
    int number; /* the version's number within the document */
    bool confirmed;
    struct str digest; /* SM3, hex */
    struct label label;
    size_t passages;
};

/* path is opened (regular files only, at most INGEST_FILE_MAX), name is what the person's machine
 * called it (shown, never used as a path). Errors: TB_TOO_LARGE, TB_UNSUPPORTED (kind of file),
 * TB_INVALID (empty, broken, no text in it), TB_TIMEOUT, TB_STORE …; each says the sentence for the
 * person. The caller calls search_refresh after one or many. */
enum tb_code ingest_file(struct talk *t, const char *path, struct str name,
                         const struct ingest_options *o, struct ingest_result *out,
                         struct tb_err *e) MUST_USE;

#endif
