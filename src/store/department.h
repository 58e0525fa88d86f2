/* Departments as they were set up: who answers for a document, where to go. */
#ifndef STORE_DEPARTMENT_H
#define STORE_DEPARTMENT_H
#include "domain/talk.h"
#include "store/db.h"

struct department {
    struct str id, name, short_name, phone;
    struct str duties, windows; /* JSON arrays, as stored */
};

/* The department in whose name the document stands: the one it was filed under, else the one called
 * like the issuing body. out->id "" when none is known. */
enum tb_code department_of_document(struct talk *t, int64_t document_id, struct str issuing_body,
                                    struct department *out, struct tb_err *e) MUST_USE;
/* 明川市政务服务: the provider of the service, as GB 45438-2025 wants it named. */
enum tb_code city_provider(struct talk *t, struct str *out, struct tb_err *e) MUST_USE;
enum tb_code department_read(struct talk *t, struct str id, struct department *out,
                             struct tb_err *e) MUST_USE; /* out->id "" when unknown */

/* Is id root, or anywhere below it? */
enum tb_code department_under(struct talk *t, struct str id, struct str root, bool *out,
                              struct tb_err *e) MUST_USE;
/* All, in the city's order, with the parent ("" at the top). */
struct department_place {
    struct str id, name, parent;
};
enum tb_code department_tree(struct talk *t, struct department_place **out, size_t *n,
                             struct tb_err *e) MUST_USE;
/* Puts id under parent ("": at the top), with its row in the trail. TB_INVALID where parent is
 * unknown or lies below id. */
enum tb_code department_move(struct talk *t, struct str id, struct str parent,
                             struct tb_err *e) MUST_USE;

#endif
