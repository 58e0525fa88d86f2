#include "knowledge/embed_ort.h"

#include "base/alloc.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Places in struct OrtApi. */
enum {
    GET_ERROR_MESSAGE = 2,
    CREATE_ENV = 3,
    CREATE_SESSION = 7,
    RUN = 9,
    CREATE_SESSION_OPTIONS = 10,
    DISABLE_MEM_PATTERN = 17,
    DISABLE_CPU_MEM_ARENA = 19,
    SET_LOG_SEVERITY = 22,
    SET_OPTIMIZATION = 23,
    SET_INTRA_THREADS = 24,
    SET_INTER_THREADS = 25,
    CREATE_TENSOR_WITH_DATA = 49,
    GET_TENSOR_DATA = 51,
    GET_ELEMENT_COUNT = 64,
    GET_TENSOR_SHAPE = 65,
    CREATE_CPU_MEMORY_INFO = 69,
    RELEASE_STATUS = 93,
    RELEASE_MEMORY_INFO = 94,
    RELEASE_SESSION = 95,
    RELEASE_VALUE = 96,
    RELEASE_SHAPE = 99,
    RELEASE_SESSION_OPTIONS = 100,
    ADD_CONFIG_ENTRY = 130
};
enum {
    API_VERSION = 17,
    LOG_ERRORS = 3,
    OPTIMIZE_ALL = 99,
    ARENA_ALLOCATOR = 1,
    MEM_DEFAULT = 0,
    TYPE_INT64 = 7,
    MAX_TOKENS = 512
};

typedef void (*ort_fn)(void);
typedef void *ort_status; /* NULL: done */
typedef ort_status (*ort_on_one)(void *);
typedef ort_status (*ort_on_int)(void *, int);
typedef ort_status (*ort_make)(void **);
typedef void (*ort_release)(void *);

struct ort_base {
    const ort_fn *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

struct embed_ort {
    const ort_fn *api;
    void *session, *memory;
};

/* ONNX Runtime keeps one environment a process; so do we. */
static struct {
    pthread_mutex_t lock;
    const ort_fn *api;
    void *env;
} ort = { .lock = PTHREAD_MUTEX_INITIALIZER };

static enum tb_code ort_check(const ort_fn *api, ort_status s, const char *what, struct tb_err *e)
{
    enum tb_code c = TB_OK;

    if (!s)
        return TB_OK;
    c = tb_fail(e, TB_INTERNAL, "语义检索模型运行出错，本次只按字词检索", "ort %s: %s", what,
                ((const char *(*)(void *))api[GET_ERROR_MESSAGE])(s));
    ((ort_release)api[RELEASE_STATUS])(s);
    return c;
}

static enum tb_code ort_load(const char *library, struct tb_err *e)
{
    const struct ort_base *(*get_base)(void) = NULL;
    void *so = dlopen(library, RTLD_NOW | RTLD_LOCAL), *at = so ? dlsym(so, "OrtGetApiBase") : NULL;

    if (!at)
        return tb_fail(e, TB_NOT_FOUND, "小模型运行库打不开，请重新运行安装命令", "dlopen %s: %s",
                       library, dlerror());
    memcpy(&get_base, &at, sizeof(at)); /* C has no cast from an object to a function */
    ort.api = get_base()->get_api(API_VERSION);
    if (!ort.api)
        return tb_fail(e, TB_UNSUPPORTED, "小模型运行库版本过旧，请重新运行安装命令",
                       "ort %s has no api %d", get_base()->get_version(), API_VERSION);
    return TB_OK;
}

static enum tb_code ort_once(const char *library, struct tb_err *e)
{
    enum tb_code c = TB_OK;

    pthread_mutex_lock(&ort.lock);
    if (!ort.api)
        c = ort_load(library, e);
    if (!c && !ort.env)
        c = ort_check(ort.api,
                      ((ort_status(*)(int, const char *, void **))ort.api[CREATE_ENV])(
                          LOG_ERRORS, "tongban", &ort.env),
                      "env", e);
    pthread_mutex_unlock(&ort.lock);
    return c;
}

/* No spinning, no arena: between two questions the model costs nothing but its weights. One thread
 * a run: several texts at once scale better than one text on several threads. */
static enum tb_code ort_options(const ort_fn *api, void *options, struct tb_err *e)
{
    ort_status (*config)(void *, const char *, const char *) =
        (ort_status(*)(void *, const char *, const char *))api[ADD_CONFIG_ENTRY];

    if (ort_check(api, ((ort_on_int)api[SET_INTRA_THREADS])(options, 1), "threads", e) ||
        ort_check(api, ((ort_on_int)api[SET_INTER_THREADS])(options, 1), "threads", e) ||
        ort_check(api, ((ort_on_int)api[SET_OPTIMIZATION])(options, OPTIMIZE_ALL), "level", e) ||
        ort_check(api, ((ort_on_int)api[SET_LOG_SEVERITY])(options, LOG_ERRORS), "log", e) ||
        ort_check(api, ((ort_on_one)api[DISABLE_CPU_MEM_ARENA])(options), "arena", e) ||
        ort_check(api, ((ort_on_one)api[DISABLE_MEM_PATTERN])(options), "pattern", e) ||
        ort_check(api, config(options, "session.intra_op.allow_spinning", "0"), "spin", e) ||
        ort_check(api, config(options, "session.set_denormal_as_zero", "1"), "denormal", e))
        return e->code;
    return TB_OK;
}

static enum tb_code ort_session(struct embed_ort *o, const char *model, struct tb_err *e)
{
    void *options = NULL;
    enum tb_code c =
        ort_check(o->api, ((ort_make)o->api[CREATE_SESSION_OPTIONS])(&options), "options", e);

    if (c)
        return c;
    c = ort_options(o->api, options, e);
    if (!c)
        c = ort_check(o->api,
                      ((ort_status(*)(const void *, const char *, const void *, void **))
                           o->api[CREATE_SESSION])(ort.env, model, options, &o->session),
                      model, e);
    if (!c)
        c = ort_check(o->api,
                      ((ort_status(*)(int, int, void **))o->api[CREATE_CPU_MEMORY_INFO])(
                          ARENA_ALLOCATOR, MEM_DEFAULT, &o->memory),
                      "memory", e);
    ((ort_release)o->api[RELEASE_SESSION_OPTIONS])(options);
    return c;
}

enum tb_code embed_ort_open(const char *library, const char *model, struct embed_ort **out,
                            struct tb_err *e)
{
    struct embed_ort *o;

    if (ort_once(library, e))
        return e->code;
    o = tb_zalloc(sizeof(*o));
    o->api = ort.api;
    if (ort_session(o, model, e)) {
        embed_ort_close(o);
        return e->code;
    }
    *out = o;
    return TB_OK;
}

void embed_ort_close(struct embed_ort *o)
{
    if (!o)
        return;
    if (o->session)
        ((ort_release)o->api[RELEASE_SESSION])(o->session);
    if (o->memory)
        ((ort_release)o->api[RELEASE_MEMORY_INFO])(o->memory);
    tb_free(o);
}

static enum tb_code ort_input(const struct embed_ort *o, int64_t *data, size_t n, void **out,
                              struct tb_err *e)
{
    const int64_t shape[2] = { 1, (int64_t)n };

    return ort_check(o->api,
                     ((ort_status(*)(const void *, void *, size_t, const int64_t *, size_t, int,
                                     void **))o->api[CREATE_TENSOR_WITH_DATA])(
                         o->memory, data, n * sizeof(*data), shape, 2, TYPE_INT64, out),
                     "input", e);
}

static enum tb_code ort_count(const struct embed_ort *o, void *value, size_t *count,
                              struct tb_err *e)
{
    void *shape = NULL;
    enum tb_code c = ort_check(
        o->api, ((ort_status(*)(const void *, void **))o->api[GET_TENSOR_SHAPE])(value, &shape),
        "shape", e);

    if (c)
        return c;
    c = ort_check(o->api,
                  ((ort_status(*)(const void *, size_t *))o->api[GET_ELEMENT_COUNT])(shape, count),
                  "count", e);
    ((ort_release)o->api[RELEASE_SHAPE])(shape);
    return c;
}

static enum tb_code ort_first_row(const struct embed_ort *o, void *value, size_t n, float *out,
                                  size_t dim, struct tb_err *e)
{
    void *data = NULL;
    size_t count = 0;

    if (ort_count(o, value, &count, e) ||
        ort_check(o->api, ((ort_status(*)(void *, void **))o->api[GET_TENSOR_DATA])(value, &data),
                  "data", e))
        return e->code;
    if (count != n * dim)
        return tb_fail(e, TB_CORRUPT, "语义检索模型的文件不正确，请重新获取模型文件",
                       "ort output has %zu numbers, not %zu x %zu", count, n, dim);
    memcpy(out, data, dim * sizeof(*out));
    return TB_OK;
}

static enum tb_code ort_infer(const struct embed_ort *o, const void *const in[3], void **value,
                              struct tb_err *e)
{
    static const char *const names[] = { "input_ids", "attention_mask", "token_type_ids" };
    static const char *const result[] = { "last_hidden_state" };

    return ort_check(o->api,
                     ((ort_status(*)(void *, const void *, const char *const *, const void *const *,
                                     size_t, const char *const *, size_t, void **))o->api[RUN])(
                         o->session, NULL, names, in, 3, result, 1, value),
                     "run", e);
}

enum tb_code embed_ort_run(const struct embed_ort *o, const int64_t *ids, size_t n, float *out,
                           size_t dim, struct tb_err *e)
{
    int64_t tokens[MAX_TOKENS], mask[MAX_TOKENS], kind[MAX_TOKENS] = { 0 };
    void *in[3] = { NULL, NULL, NULL }, *value = NULL;
    int64_t *const data[3] = { tokens, mask, kind };
    enum tb_code c = TB_OK;

    if (n > MAX_TOKENS)
        n = MAX_TOKENS;
    for (size_t i = 0; i < n; i++) {
        tokens[i] = ids[i];
        mask[i] = 1;
    }
    for (size_t i = 0; i < 3 && !c; i++)
        c = ort_input(o, data[i], n, &in[i], e);
    if (!c)
        c = ort_infer(o, (const void *const[3]){ in[0], in[1], in[2] }, &value, e);
    if (!c)
        c = ort_first_row(o, value, n, out, dim, e);
    for (size_t i = 0; i < 3; i++)
        if (in[i])
            ((ort_release)o->api[RELEASE_VALUE])(in[i]);
    if (value)
        ((ort_release)o->api[RELEASE_VALUE])(value);
    return c;
}
