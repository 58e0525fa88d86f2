#include "model/prompt.h"

#include "base/fs.h"
#include "base/yaml.h"

#include <assert.h>

enum tb_code prompt_load(struct arena *a, const char *share_dir, const char *name,
                         struct prompt *out, struct tb_err *e)
{
    struct str file = arena_printf(a, "%s/prompts/%s.yaml", share_dir, name);
    struct yaml *y;
    int64_t tokens = 256;

    if (yaml_load(a, file.p, &y, e))
        return e->code;
    yaml_int(y, "max_tokens", &tokens);
    *out = (struct prompt){ .name = str_z(name),
                            .version = yaml_str(y, "version"),
                            .system = str_trim(yaml_str(y, "system")),
                            .user = str_trim(yaml_str(y, "user")),
                            .max_tokens = (int)tokens };
    if (!str_real(yaml_str(y, "temperature"), &out->temperature))
        out->temperature = 0;
    if (out->version.n == 0 || out->system.n == 0 || out->user.n == 0 || tokens < 1 ||
        tokens > 8192)
        return yaml_fail(y, "提示词文件要有 version、system、user，max_tokens 在 1 到 8192 之间",
                         e);
    return TB_OK;
}

static struct str value_of(const struct prompt_value *values, struct str name)
{
    for (; values->name; values++)
        if (str_eqz(name, values->name))
            return values->value;
    assert(false && "a place in a prompt without a value");
    return STR("");
}

struct str prompt_fill(struct arena *a, struct str text, const struct prompt_value *values)
{
    struct buf b = BUF_INIT(256 * 1024);

    while (text.p && text.n) {
        size_t open = str_find(text, STR("{{")), close = str_find_from(text, STR("}}"), open);

        if (open == SIZE_MAX || close == SIZE_MAX)
            break;
        buf_add(&b, str_sub(text, 0, open));
        buf_add(&b, value_of(values, str_sub(text, open + 2, close - open - 2)));
        text = str_from(text, close + 2);
    }
    buf_add(&b, text);
    return arena_buf(a, &b);
}
