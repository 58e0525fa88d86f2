/* The handlers of this scenario, one file per page, put into the table by routes.c. */
#ifndef SCENARIO_KNOWLEDGE_KNOWLEDGE_H
#define SCENARIO_KNOWLEDGE_KNOWLEDGE_H
#include "http/route.h"
#include "knowledge/version.h"

#define KNOWLEDGE_HANDLER(name)                                                                    \
    enum tb_code name(struct talk *t, const struct request *q, struct reply *r, struct tb_err *e)

KNOWLEDGE_HANDLER(documents_list);
KNOWLEDGE_HANDLER(documents_show);
KNOWLEDGE_HANDLER(documents_original);
KNOWLEDGE_HANDLER(documents_manage);
KNOWLEDGE_HANDLER(documents_upload);
KNOWLEDGE_HANDLER(documents_classify);
KNOWLEDGE_HANDLER(versions_show);
KNOWLEDGE_HANDLER(versions_confirm);
KNOWLEDGE_HANDLER(versions_withdraw);
KNOWLEDGE_HANDLER(clauses_search);

/* library.c */
void library_validity(struct json *j, enum validity v); /* "validity","validity_title" */
const char *library_state_title(struct str state);      /* 待确认 已确认 已撤回 */
int library_doubts(struct arena *a, struct str notes);  /* how many notes ask for a person */
/* "plain" and "passages" of a version. */
enum tb_code library_text(struct talk *t, struct json *j, const struct version *v,
                          struct tb_err *e) MUST_USE;
/* May this actor see what is for staff only? */
bool library_internal(const struct talk *t);
/* May this actor read this version as it is classified? What is sensitive only its department and
 * those above, having said what for (TB_FORBIDDEN); for others it does not exist (TB_NOT_FOUND). A
 * read of it has its row in the trail. */
enum tb_code library_may_read(struct talk *t, const struct version *v, struct tb_err *e) MUST_USE;
/* The departments whose sensitive documents the actor may know of: own, and below. n 0: none. */
enum tb_code library_reach(struct talk *t, const struct str **out, size_t *n,
                           struct tb_err *e) MUST_USE;
/* ?as_of=2026-11-21, else today. */
enum tb_code library_as_of(struct talk *t, const struct request *q, int32_t *day,
                           struct tb_err *e) MUST_USE;

#endif
