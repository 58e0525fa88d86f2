/* One call of a model as the books kept it (model_call), for who looks for what was slow, and, for
 * the auditor alone, what was said. */
#ifndef STORE_CALL_H
#define STORE_CALL_H
#include "domain/call.h"
#include "domain/talk.h"
#include "store/db.h"

struct call_kept {
    int64_t id, at, key_id;
    struct str request_id, trace_id, key_name, department, department_name;
    struct str verb, asked, model, engine, outcome;
    int status;
    struct str
        figures; /* JSON: priority, tokens, cost, tries, times in µs; what is 0 may be absent */
    enum keeping keeping;
    struct str digest;
    bool kept; /* what was said is still here */
};
/* The newest of this id. department: only of this one; "" any. TB_NOT_FOUND. */
enum tb_code call_find(struct db *d, struct arena *a, struct str request_id, struct str department,
                       struct call_kept *out, struct tb_err *e) MUST_USE;
/* "" where nothing was or is kept. TB_CORRUPT when it was changed. */
enum tb_code call_content(struct talk *t, const struct call_kept *c, struct str *prompt,
                          struct str *answer, struct tb_err *e) MUST_USE;

#endif
