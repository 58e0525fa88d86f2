/* The little of an ONNX file (protobuf, onnx.proto3) that a quantised text encoder needs: its
 * weights by name, and which weight each integer product uses. The file is mapped, not read: what
 * is never touched costs no memory. */
#ifndef KNOWLEDGE_EMBED_ONNX_H
#define KNOWLEDGE_EMBED_ONNX_H
#include "base/arena.h"
#include "base/err.h"

enum embed_onnx_type { ONNX_FLOAT = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3 };

struct embed_tensor {
    struct str name;
    int type; /* enum embed_onnx_type, or one that is not read here */
    int64_t dims[4];
    size_t dim_n;
    struct str bytes; /* raw, little-endian */
};
struct embed_onnx {
    struct arena mem;
    struct str file; /* the mapping */
    struct embed_tensor *tensors;
    size_t tensor_n;
    struct str *product, *weight; /* names of MatMulInteger nodes and of their second inputs */
    size_t product_n;
};

/* TB_NOT_FOUND, TB_CORRUPT. */
enum tb_code embed_onnx_open(const char *path, struct embed_onnx *out, struct tb_err *e) MUST_USE;
void embed_onnx_close(struct embed_onnx *o);
/* A tensor of this name, type and number of elements; NULL when there is none. */
const struct embed_tensor *embed_onnx_tensor(const struct embed_onnx *o, struct str name, int type,
                                             size_t elements);
/* The weight of the product whose node has this name; "" when there is none. */
struct str embed_onnx_weight(const struct embed_onnx *o, struct str product);

#endif
