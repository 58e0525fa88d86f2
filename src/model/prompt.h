/* Prompts are files under prompts/, one each, versioned: what was said to a model is in the trail
 * by name and version. YAML: version, system, user (with {{name}} places), max_tokens, temperature.
 */
#ifndef MODEL_PROMPT_H
#define MODEL_PROMPT_H
#include "base/arena.h"
#include "base/err.h"

struct prompt {
    struct str name, version; /* version: "answer-1" */
    struct str system, user;
    int max_tokens;
    double temperature;
};

enum tb_code prompt_load(struct arena *a, const char *share_dir, const char *name,
                         struct prompt *out, struct tb_err *e) MUST_USE;

struct prompt_value {
    const char *name;
    struct str value;
};
/* Fills {{name}} places; a value is never looked into again, so nothing in it can open a place. A
 * place without a value is our mistake and aborts. values ends with name NULL. */
struct str prompt_fill(struct arena *a, struct str text, const struct prompt_value *values);

#endif
