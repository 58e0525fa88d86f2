/* The part of ONNX Runtime's C ABI that a text encoder needs. The library is opened with dlopen and
 * its function table is declared by hand: the table is append-only (onnxruntime_c_api.h: "the order
 * of the members is part of the ABI"), so the places used here hold from release 1.17 on. */
#ifndef KNOWLEDGE_EMBED_ORT_H
#define KNOWLEDGE_EMBED_ORT_H
#include "base/err.h"

struct embed_ort; /* one loaded model; runs from several threads at once are allowed */

/* library: path of libonnxruntime.so. The library stays loaded for the life of the process. Each
 * run works on its caller's thread alone. */
enum tb_code embed_ort_open(const char *library, const char *model, struct embed_ort **out,
                            struct tb_err *e) MUST_USE;
void embed_ort_close(struct embed_ort *o);
/* One text of n tokens to dim floats: the last hidden state of its first token. */
enum tb_code embed_ort_run(const struct embed_ort *o, const int64_t *ids, size_t n, float *out,
                           size_t dim, struct tb_err *e) MUST_USE;

#endif
