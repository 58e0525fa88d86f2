/* How a passage is shown: the Clause shape of docs/api.md, one maker for every route. */
#ifndef KNOWLEDGE_CLAUSE_H
#define KNOWLEDGE_CLAUSE_H
#include "base/json.h"
#include "domain/passage.h"

void clause_json(struct json *j, int n, const struct passage *p); /* n: from 1 */
/* The passages of a document number's version in force on day whose clause is `clause` or part of
 * it (第五条 also gives 第五条第二款); in order. Empty when nothing in force fits. */
struct talk;
enum tb_code clause_find(struct talk *t, struct str document_number, struct str clause, int32_t day,
                         struct passage_list *out, struct tb_err *e) MUST_USE;
/* Is `part` the clause `whole` or inside it? 第五条第二款 is in 第五条; 第五十条 is not. */
bool clause_within(struct str part, struct str whole);

#endif
