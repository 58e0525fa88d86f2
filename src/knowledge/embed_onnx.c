#include "knowledge/embed_onnx.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Field numbers of onnx.proto3. */
enum {
    MODEL_GRAPH = 7,
    GRAPH_NODE = 1,
    GRAPH_INITIALIZER = 5,
    NODE_INPUT = 1,
    NODE_NAME = 3,
    NODE_OP = 4,
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_FLOATS = 4,
    TENSOR_INTS = 5,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9
};
enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct field {
    uint32_t number;
    uint64_t value;   /* WIRE_VARINT */
    struct str bytes; /* WIRE_BYTES */
};

static bool varint(struct str *s, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && s->n; shift += 7) {
        uint8_t c = (uint8_t)s->p[0];

        *s = str_from(*s, 1);
        *out |= (uint64_t)(c & 0x7F) << shift;
        if (c < 0x80)
            return true;
    }
    return false;
}

/* The next field of a message; false at its end, and *bad where the bytes make no sense. */
static bool field_next(struct str *s, struct field *out, bool *bad)
{
    uint64_t key = 0, n = 0;

    *out = (struct field){ 0 };
    if (!s->n || *bad)
        return false;
    *bad = !varint(s, &key);
    out->number = (uint32_t)(key >> 3);
    if (*bad)
        return false;
    switch (key & 7) {
    case WIRE_VARINT:
        *bad = !varint(s, &out->value);
        return !*bad;
    case WIRE_FIXED64:
        n = 8;
        break;
    case WIRE_FIXED32:
        n = 4;
        break;
    case WIRE_BYTES:
        *bad = !varint(s, &n);
        break;
    default:
        *bad = true;
    }
    *bad |= n > s->n;
    if (*bad)
        return false;
    out->bytes = str_sub(*s, 0, (size_t)n);
    *s = str_from(*s, (size_t)n);
    return true;
}

static void dim_add(struct embed_tensor *t, uint64_t v)
{
    if (t->dim_n < sizeof(t->dims) / sizeof(t->dims[0]))
        t->dims[t->dim_n++] = (int64_t)v;
}

/* Small tensors of bytes come as packed varints. */
static struct str narrowed(struct arena *a, struct str s, bool *bad)
{
    char *out = arena_alloc(a, s.n);
    size_t n = 0;
    uint64_t v;

    while (s.n && !*bad) {
        *bad = !varint(&s, &v);
        out[n++] = (char)(uint8_t)v;
    }
    return str_of(out, n);
}

static void read_tensor(struct arena *a, struct str s, struct embed_tensor *t, bool *bad)
{
    struct field f;
    uint64_t v;

    while (field_next(&s, &f, bad)) {
        if (f.number == TENSOR_DIMS && !f.bytes.p)
            dim_add(t, f.value);
        while (f.number == TENSOR_DIMS && f.bytes.n && !*bad) {
            *bad = !varint(&f.bytes, &v);
            dim_add(t, v);
        }
        if (f.number == TENSOR_TYPE)
            t->type = (int)f.value;
        if (f.number == TENSOR_NAME)
            t->name = f.bytes;
        if (f.number == TENSOR_INTS)
            t->bytes = narrowed(a, f.bytes, bad);
        if (f.number == TENSOR_RAW || f.number == TENSOR_FLOATS)
            t->bytes = f.bytes;
    }
}

static void read_node(struct str s, struct embed_onnx *o, size_t *cap, bool *bad)
{
    struct str name = STR_NONE, op = STR_NONE, second = STR_NONE;
    struct field f;
    int inputs = 0;

    while (field_next(&s, &f, bad)) {
        if (f.number == NODE_INPUT && ++inputs == 2)
            second = f.bytes;
        if (f.number == NODE_NAME)
            name = f.bytes;
        if (f.number == NODE_OP)
            op = f.bytes;
    }
    if (!str_eqz(op, "MatMulInteger"))
        return;
    if (o->product_n == *cap) {
        size_t twice = *cap;

        o->product = arena_grow(&o->mem, o->product, o->product_n, &twice, sizeof(*o->product));
        o->weight = arena_grow(&o->mem, o->weight, o->product_n, cap, sizeof(*o->weight));
    }
    o->product[o->product_n] = name;
    o->weight[o->product_n++] = second;
}

static void read_graph(struct str s, struct embed_onnx *o, bool *bad)
{
    size_t tensors = 0, products = 0;
    struct field f;

    while (field_next(&s, &f, bad)) {
        if (f.number == GRAPH_NODE)
            read_node(f.bytes, o, &products, bad);
        if (f.number != GRAPH_INITIALIZER)
            continue;
        if (o->tensor_n == tensors)
            o->tensors =
                arena_grow(&o->mem, o->tensors, o->tensor_n, &tensors, sizeof(*o->tensors));
        o->tensors[o->tensor_n] = (struct embed_tensor){ 0 };
        read_tensor(&o->mem, f.bytes, &o->tensors[o->tensor_n++], bad);
    }
}

static bool map_file(const char *path, struct str *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *p = MAP_FAILED;

    if (fd < 0)
        return false;
    if (!fstat(fd, &st) && st.st_size > 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return false;
    *out = str_of(p, (size_t)st.st_size);
    return true;
}

enum tb_code embed_onnx_open(const char *path, struct embed_onnx *out, struct tb_err *e)
{
    struct embed_onnx o = { .mem = ARENA_INIT };
    struct str rest;
    struct field f;
    bool bad = false;

    if (!map_file(path, &o.file))
        return tb_fail(e, TB_NOT_FOUND, "语义检索模型的文件打不开，请重新获取模型文件", "open %s",
                       path);
    rest = o.file;
    while (field_next(&rest, &f, &bad))
        if (f.number == MODEL_GRAPH)
            read_graph(f.bytes, &o, &bad);
    if (bad) {
        embed_onnx_close(&o);
        return tb_fail(e, TB_CORRUPT, "语义检索模型的文件不正确，请重新获取模型文件",
                       "onnx %s: broken protobuf", path);
    }
    *out = o;
    return TB_OK;
}

void embed_onnx_close(struct embed_onnx *o)
{
    if (o->file.p)
        munmap((void *)(uintptr_t)o->file.p, o->file.n);
    arena_release(&o->mem);
    *o = (struct embed_onnx){ .mem = ARENA_INIT };
}

const struct embed_tensor *embed_onnx_tensor(const struct embed_onnx *o, struct str name, int type,
                                             size_t elements)
{
    size_t size = type == ONNX_FLOAT ? 4 : 1;

    for (size_t i = 0; i < o->tensor_n; i++)
        if (str_eq(o->tensors[i].name, name))
            return o->tensors[i].type == type && o->tensors[i].bytes.n == elements * size
                       ? &o->tensors[i]
                       : NULL;
    return NULL;
}

struct str embed_onnx_weight(const struct embed_onnx *o, struct str product)
{
    for (size_t i = 0; i < o->product_n; i++)
        if (str_eq(o->product[i], product))
            return o->weight[i];
    return STR_NONE;
}
