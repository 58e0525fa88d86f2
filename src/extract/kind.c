#include "extract/kind.h"

static const struct {
    struct str magic;
    size_t at;
    enum kind kind; /* 0: refused */
    const char *say;
} magics[] = {
    { { "PK\x03\x04", 4 }, 0, KIND_ZIP, NULL },
    { { "PK\x05\x06", 4 }, 0, KIND_ZIP, NULL },
    { { "\x1f\x8b", 2 }, 0, KIND_GZIP, NULL },
    { { "\xfd"
        "7zXZ\0",
        6 },
      0,
      KIND_XZ,
      NULL },
    { { "ustar", 5 }, 257, KIND_TAR, NULL },
    { { "%PDF-", 5 }, 0, 0, "暂不能读 PDF 文件，请另存为 DOCX、网页或文本后再上传" },
    { { "\xd0\xcf\x11\xe0", 4 }, 0, 0, "这是旧版 Office 文件，请在 Word 中另存为 DOCX 后再上传" },
    { { "{\\rtf", 5 }, 0, 0, "暂不能读 RTF 文件，请另存为 DOCX 后再上传" },
    { { "\x89PNG", 4 }, 0, 0, "这是图片，里面的文字暂不能读，请上传带文字的版本" },
    { { "\xff\xd8\xff", 3 }, 0, 0, "这是图片，里面的文字暂不能读，请上传带文字的版本" },
    { { "GIF8", 4 }, 0, 0, "这是图片，里面的文字暂不能读，请上传带文字的版本" },
    { { "\x7f"
        "ELF",
        4 },
      0,
      0,
      "这是程序文件，不是政策文件" },
    { { "Rar!", 4 }, 0, 0, "暂不能读 RAR 压缩包，请改用 ZIP" },
    { { "7z\xbc\xaf", 4 }, 0, 0, "暂不能读 7z 压缩包，请改用 ZIP" },
};

static bool is_xml(struct str bytes)
{
    if (str_starts(bytes, STR("\xef\xbb\xbf")))
        bytes = str_from(bytes, 3);
    return str_starts(bytes, STR("<?xml")) && !str_has(str_sub(bytes, 0, 2000), STR("<html")) &&
           !str_has(str_sub(bytes, 0, 2000), STR("<!DOCTYPE html"));
}

enum tb_code kind_sniff(struct str bytes, enum kind *out, struct tb_err *e)
{
    if (bytes.n == 0)
        return tb_fail(e, TB_INVALID, "文件是空的", "empty file");
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        if (!str_starts(str_from(bytes, magics[i].at), magics[i].magic))
            continue;
        *out = magics[i].kind;
        return magics[i].say ? tb_fail(e, TB_UNSUPPORTED, magics[i].say, "magic=%zu", i) : TB_OK;
    }
    *out = KIND_TEXT;
    if (is_xml(bytes))
        return tb_fail(e, TB_UNSUPPORTED,
                       "这是 XML 数据文件，不是政策正文；请上传 DOCX、网页或文本", "xml");
    return TB_OK;
}

static bool starts_any_case(struct str s, const char *z)
{
    struct str want = str_z(z);

    return str_case_eq(str_sub(s, 0, want.n), want);
}

/* The first tag that stands before any other text, comments and the XML declaration passed over. */
static bool is_html(struct str text)
{
    static const char *const tags[] = { "<!doctype html", "<html", "<head",  "<body",
                                        "<meta",          "<div",  "<table", "<p>" };

    for (int i = 0; i < 8; i++) {
        size_t end;

        text = str_trim(text);
        if (!starts_any_case(text, "<!--") && !starts_any_case(text, "<?xml"))
            break;
        end = str_find(text, starts_any_case(text, "<?xml") ? STR("?>") : STR("-->"));
        if (end == SIZE_MAX)
            return false;
        text = str_from(text, end + 2);
        if (str_starts(text, STR(">")))
            text = str_from(text, 1);
    }
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (starts_any_case(text, tags[i]))
            return true;
    return false;
}

static bool is_table_rule(struct str line)
{
    size_t dashes = 0;

    for (size_t i = 0; i < line.n; i++) {
        dashes += line.p[i] == '-';
        if (line.p[i] != '-' && line.p[i] != '|' && line.p[i] != ':' && line.p[i] != ' ')
            return false;
    }
    return dashes >= 2 && str_has(line, STR("|"));
}

static bool is_markdown(struct str text)
{
    while (text.p) {
        struct str line = str_trim(str_cut(&text, STR("\n")));
        size_t marks = 0;

        while (marks < line.n && line.p[marks] == '#')
            marks++;
        if (marks >= 1 && marks <= 6 && marks < line.n && line.p[marks] == ' ')
            return true;
        if (is_table_rule(line) || str_starts(line, STR("Markdown Content:")))
            return true;
    }
    return false;
}

enum kind kind_text(struct str text)
{
    if (is_html(str_sub(text, 0, 64 * 1024)))
        return KIND_HTML;
    return is_markdown(text) ? KIND_MARKDOWN : KIND_TEXT;
}

const char *kind_name(enum kind k)
{
    static const char *const names[] = {
        "", "text", "markdown", "html", "zip", "gzip", "xz", "tar"
    };

    return names[k];
}
