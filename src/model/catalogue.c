#include "model/catalogue.h"

#include "base/yaml.h"

#include <stdlib.h>

static enum tb_code read_engine(struct arena *a, const struct yaml *row,
                                struct catalogue_engine *out, struct tb_err *e)
{
    struct str key_env = yaml_str(row, "key_env");

    out->name = yaml_str(row, "name");
    out->url = yaml_str(row, "url");
    out->model = yaml_str(row, "model");
    out->thinks_first = yaml_bool(row, "thinks_first", false);
    out->llama = yaml_bool(row, "llama", false);
    if (!out->name.n || !out->url.n)
        return yaml_fail(row, "推理引擎要写明 name 和 url", e);
    if (yaml_get(row, "slots") && (!yaml_int(row, "slots", &out->slots) || out->slots < 1))
        return yaml_fail(yaml_get(row, "slots"), "slots 应为正整数", e);
    if (key_env.n)
        out->key = str_z(getenv(arena_z(a, key_env)));
    return TB_OK;
}

static enum tb_code read_model(struct arena *a, const struct yaml *row, struct catalogue_model *out,
                               struct tb_err *e)
{
    const struct yaml *files = yaml_get(row, "files");
    struct str folder = yaml_str(row, "folder"), file;

    if (yaml_len(files) != 1)
        return yaml_fail(row, "对话模型应当只有一个文件", e);
    file = yaml_str(files->items[0], "name");
    out->name = yaml_str(row, "name");
    out->file = folder.n ? arena_printf(a, "%.*s/%.*s", STR_FMT(folder), STR_FMT(file)) : file;
    if (!out->name.n || !file.n || str_has(out->file, STR("..")))
        return yaml_fail(row, "模型要写明 name 和文件名", e);
    if (!yaml_int(files->items[0], "size", &out->size) || out->size < 1)
        return yaml_fail(files->items[0], "模型文件要写明 size", e);
    return TB_OK;
}

static bool is_chat(const struct yaml *row)
{
    struct str role = yaml_str(row, "role");

    return !role.n || str_eqz(role, "chat");
}

enum tb_code catalogue_load(struct arena *a, const char *path, struct catalogue *out,
                            struct tb_err *e)
{
    const struct yaml *engines, *models;
    struct yaml *top = NULL;

    if (yaml_load(a, path, &top, e))
        return e->code;
    engines = yaml_get(top, "engines");
    models = yaml_get(top, "models");
    *out = (struct catalogue){ 0 };
    out->engines = ARENA_ARRAY(a, struct catalogue_engine, yaml_len(engines));
    out->models = ARENA_ARRAY(a, struct catalogue_model, yaml_len(models));
    for (size_t i = 0; i < yaml_len(engines); i++)
        if (is_chat(engines->items[i]) &&
            read_engine(a, engines->items[i], &out->engines[out->engine_n++], e))
            return e->code;
    for (size_t i = 0; i < yaml_len(models); i++)
        if (is_chat(models->items[i]) &&
            read_model(a, models->items[i], &out->models[out->model_n++], e))
            return e->code;
    return TB_OK;
}
