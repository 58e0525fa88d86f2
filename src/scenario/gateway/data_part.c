#include "scenario/gateway/data_part.h"

#include <stdint.h>
#include <string.h>

static const struct {
    const char *begin, *end;
} fences[] = {
    { "<context", "</context" },
    { "<doc", "</doc" },
    { "<data", "</data" },
    { "<file", "</file" },
    { "<search_result", "</search" },
    { "<result", "</result" },
    { "<source", "</source" },
    { "<passage", "</passage" },
    { "<knowledge", "</knowledge" },
    { "<content", "</content" },
    { "<reference", "</reference" },
    { "<attachment", "</attachment" },
    { "<email", "</email" },
    { "<page", "</page" },
    { "<资料", "</资料" },
    { "<文档", "</文档" },
    { "<附件", "</附件" },
    { "<参考资料", "</参考资料" },
    { "<检索结果", "</检索结果" },
    { "<上下文", "</上下文" },
    { "【资料】", "【资料结束】" },
    { "〔资料〕", "〔资料结束〕" },
    { "```", "```" },
};
enum { FENCES = sizeof(fences) / sizeof(fences[0]) };

static const char *end_of_fence(struct str rest)
{
    for (size_t i = 0; i < FENCES; i++)
        if (str_starts(rest, str_z(fences[i].begin)))
            return fences[i].end;
    return NULL;
}

/* 【 or 〔: nearly every sentence has another sign of their first byte. */
static bool begins_bracket(struct str s)
{
    return s.n > 2 && s.p[0] == '\xe3' && (s.p[2] == '\x90' || s.p[2] == '\x94');
}

bool data_part_next(struct str text, size_t *at, size_t *from, size_t *to)
{
    for (; *at < text.n; (*at)++) {
        char c = text.p[*at];
        const char *end;

        if (c != '<' && c != '`' && !begins_bracket(str_from(text, *at)))
            continue;
        end = end_of_fence(str_from(text, *at));
        if (!end)
            continue;
        *from = *at;
        *to = str_find_from(text, str_z(end), *at + 1);
        if (*to == SIZE_MAX)
            *to = text.n;
        *at = *to < text.n ? *to + strlen(end) : text.n;
        return true;
    }
    return false;
}
