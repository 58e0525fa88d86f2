/* A small model of harmful requests: is somebody asking for what must not be given, in whatever
 * words? It is made in a moment from rules/risk_examples.yaml, texts of our own that an officer may
 * add to, whenever the tables are read: hashed runs of two and three characters, logistic
 * regression, and beside it one that names the kind. The same file gives the same model.
 *
 * A text is judged as a whole and sentence by sentence (long ones in windows), since a harmful line
 * may stand in much that is harmless. */
#ifndef GUARD_RISK_MODEL_H
#define GUARD_RISK_MODEL_H
#include "base/err.h"
#include "guard/risk_kind.h"

enum { RISK_MODEL_CHARS = 4000 }; /* of a text that are looked at: its beginning and its end */

struct risk_model; /* immutable, shared by threads */

/* TB_INVALID names file and line. */
enum tb_code risk_model_make(struct str yaml, const char *file, struct risk_model **out,
                             struct tb_err *e) MUST_USE;
void risk_model_free(struct risk_model *m);          /* NULL: nothing */
size_t risk_model_texts(const struct risk_model *m); /* that it was made from */
/* 0 … 1; *kind: guard/risk_kind.h, set when the score reaches risk_model_least. m NULL: 0. */
double risk_model_score(const struct risk_model *m, struct str text, int *kind);
double risk_model_least(const struct risk_model *m); /* from this score on it is harmful */

#endif
