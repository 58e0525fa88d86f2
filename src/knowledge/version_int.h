/* What ingest and the files of versions share. All of it runs inside the caller's transaction. */
#ifndef KNOWLEDGE_VERSION_INT_H
#define KNOWLEDGE_VERSION_INT_H
#include "knowledge/version.h"

/* version_place.c: the document that a version with this label belongs to; 0: a new one. A version
 * belongs with those of the same title key and maker, or with the one it repeals, or with the one
 * that repeals it. `self` is left out (0: none). */
enum tb_code version_place(struct talk *t, const struct label *l, int64_t self, int64_t *document,
                           struct tb_err *e) MUST_USE;
enum tb_code version_next_number(struct talk *t, int64_t document, int *number,
                                 struct tb_err *e) MUST_USE;

/* version_settle.c: numbers, repealed_on, repealed_by and the document's title, made anew for this
 * document and for every document that this version's repeal clauses name. */
enum tb_code version_settle(struct talk *t, int64_t version, struct tb_err *e) MUST_USE;
enum tb_code version_settle_document(struct talk *t, int64_t document, struct tb_err *e) MUST_USE;

/* TB_INVALID without a title, or when the dates contradict each other. */
enum tb_code version_check(const struct label *l, struct tb_err *e) MUST_USE;
struct str version_repeals_json(struct arena *a, const struct label *l);
struct str version_notes_json(struct arena *a, const struct label *l);
enum tb_code version_repeals_read(struct arena *a, struct str json, struct repeal **out, size_t *n,
                                  struct tb_err *e) MUST_USE;
/* Does this clause name a policy of that number and title key? A number, where one is given,
 * decides. */
bool version_named(struct arena *a, const struct repeal *r, struct str number, struct str key);

#endif
