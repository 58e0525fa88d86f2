/* models.yaml as the server reads it: the operator's own engines, and the chat models that the
 * embedded engine may run. The file itself says what its fields mean. */
#ifndef MODEL_CATALOGUE_H
#define MODEL_CATALOGUE_H
#include "base/arena.h"
#include "base/err.h"

struct catalogue_engine {
    struct str name, url, model, key; /* key: from the environment variable key_env; "" for none */
    bool thinks_first; /* its first words are reasoning whose opening tag it does not send */
    bool llama;        /* llama-server: understands grammar */
    int64_t slots;     /* answers at once; 0: as many as come */
};
struct catalogue_model {
    struct str name, file; /* file: path below <cache>/models/ */
    int64_t size;
};
struct catalogue {
    struct catalogue_engine *engines; /* role chat, in order */
    size_t engine_n;
    struct catalogue_model *models; /* role chat, in order */
    size_t model_n;
};

/* TB_INVALID with file and line when a field is missing or wrong. All in a. */
enum tb_code catalogue_load(struct arena *a, const char *path, struct catalogue *out,
                            struct tb_err *e) MUST_USE;

#endif
