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
enum tb_code department_read(struct talk *t, struct str id, struct department *out,
                             struct tb_err *e) MUST_USE; /* out->id "" when unknown */

#endif
