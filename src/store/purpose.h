/* 用途: before somebody reads what is sensitive (what citizens wrote in full, what was said to a
 * model, a person's data across all tables) they say what for. It holds for one session and half an
 * hour; the trail row of each such read names it (purpose=number). GB/T 35273-2020 7.1: access to
 * personal information is limited to what a task needs. */
#ifndef STORE_PURPOSE_H
#define STORE_PURPOSE_H
#include "domain/talk.h"
#include "store/db.h"

enum { PURPOSE_MS = 30 * 60 * 1000 };

struct purpose_kind {
    const char *name, *title;
};
extern const struct purpose_kind purpose_kinds[]; /* name NULL ends it */

/* note: 4 to 200 characters. */
enum tb_code purpose_declare(struct talk *t, struct str kind, struct str note, int64_t *id,
                             struct tb_err *e) MUST_USE;
/* The one in force for this session. id 0: none; needed false where the rules ask for none. */
struct purpose_now {
    int64_t id, until;
    bool needed;
};
enum tb_code purpose_read(struct talk *t, struct purpose_now *out, struct tb_err *e) MUST_USE;
/* What a handler calls before it reads: TB_FORBIDDEN where none was said, else the read's row in
 * the trail, with it. */
enum tb_code purpose_witness(struct talk *t, const char *verb, struct str object,
                             struct tb_err *e) MUST_USE;

#endif
