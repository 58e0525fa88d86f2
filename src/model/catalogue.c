#include "model/catalogue_int.h"

static enum tb_code read_file_model(struct arena *a, const struct yaml *row,
                                    struct catalogue_model *out, struct tb_err *e)
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

static enum tb_code read_engines(struct arena *a, const struct yaml *rows, struct catalogue *out,
                                 struct tb_err *e)
{
    out->engines = ARENA_ARRAY(a, struct catalogue_engine, yaml_len(rows));
    if (yaml_len(rows) > ENGINES_MAX - 2)
        return field_fail(rows, e, "推理引擎最多 %d 个", ENGINES_MAX - 2);
    for (size_t i = 0; i < yaml_len(rows); i++) {
        struct catalogue_engine *g = &out->engines[i];

        if (catalogue_read_engine(a, rows->items[i], g, e))
            return e->code;
        for (size_t k = 0; k < i; k++)
            if (str_eq(out->engines[k].name, g->name))
                return field_fail(rows->items[i], e, "有两个推理引擎都叫 %.*s",
                                  STR_FMT(str_sub(g->name, 0, 120)));
        out->engine_n++;
    }
    return TB_OK;
}

static enum tb_code read_file_models(struct arena *a, const struct yaml *rows,
                                     struct catalogue *out, struct tb_err *e)
{
    out->models = ARENA_ARRAY(a, struct catalogue_model, yaml_len(rows));
    for (size_t i = 0; i < yaml_len(rows); i++)
        if (is_chat(rows->items[i]) &&
            read_file_model(a, rows->items[i], &out->models[out->model_n++], e))
            return e->code;
    return TB_OK;
}

/* What the embedded engine may be told to do. */
static enum tb_code read_embedded(const struct yaml *row, struct catalogue *out, struct tb_err *e)
{
    static const char *const keys[] = { "personal", "personal_reason", NULL };

    if (!row)
        return TB_OK;
    if (row->kind != YAML_MAP)
        return field_fail(row, e, "embedded 应写明 personal、personal_reason");
    if (field_known(row, keys, e))
        return e->code;
    return catalogue_read_personal(row, true, &out->personal, &out->personal_reason, e);
}

enum tb_code catalogue_load(struct arena *a, const char *path, struct catalogue *out,
                            struct tb_err *e)
{
    static const char *const keys[] = { "local",   "mirror",  "engines",  "models",   "routes",
                                        "aliases", "classes", "profiles", "embedded", NULL };
    const struct yaml *engines, *models;
    struct yaml *top = NULL;

    catalogue_empty(out);
    if (yaml_load(a, path, &top, e) || field_known(top, keys, e) ||
        field_rows(top, "engines", &engines, e) || field_rows(top, "models", &models, e) ||
        read_engines(a, engines, out, e) || read_file_models(a, models, out, e) ||
        catalogue_read_names(a, top, out, e) || read_embedded(yaml_get(top, "embedded"), out, e))
        return e->code;
    for (size_t i = 0; i < out->engine_n; i++) {
        const struct catalogue_profile *known =
            catalogue_profile(out, out->engines[i].models[0].as);

        if (!out->engines[i].context && known)
            out->engines[i].context = known->context;
    }
    return TB_OK;
}
