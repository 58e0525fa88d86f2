/* ZIP files for tests, made in memory: stored or deflated members, and files that lie. */
#ifndef MAKE_ZIP_H
#define MAKE_ZIP_H
#include "base/arena.h"

#include <string.h>
#include <zip.h>

struct zip_part {
    const char *name;
    struct str bytes;
};

/* A whole archive; lives in a. password NULL: none. */
static inline struct str make_zip_locked(struct arena *a, const struct zip_part *parts, size_t n,
                                         const char *password)
{
    zip_error_t ze;
    zip_source_t *to = zip_source_buffer_create(NULL, 0, 0, &ze);
    zip_t *z = zip_open_from_source(to, ZIP_TRUNCATE, &ze);
    zip_stat_t st;
    char *out;

    zip_source_keep(to);
    for (size_t i = 0; i < n; i++) {
        zip_source_t *from = zip_source_buffer(z, parts[i].bytes.p, parts[i].bytes.n, 0);
        zip_int64_t k = zip_file_add(z, parts[i].name, from, ZIP_FL_ENC_UTF_8);

        if (password)
            zip_file_set_encryption(z, (zip_uint64_t)k, ZIP_EM_AES_256, password);
    }
    zip_close(z);
    zip_source_open(to);
    zip_source_stat(to, &st);
    out = arena_alloc(a, st.size + 1);
    zip_source_read(to, out, st.size);
    zip_source_close(to);
    zip_source_free(to);
    return str_of(out, st.size);
}

static inline struct str make_zip(struct arena *a, const struct zip_part *parts, size_t n)
{
    return make_zip_locked(a, parts, n, NULL);
}

#define DOCX_HEAD                                                                                  \
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"                                \
    "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "        \
    "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\"><w:body>"
#define DOCX_TAIL "</w:body></w:document>"
#define DOCX_P(text) "<w:p><w:r><w:t>" text "</w:t></w:r></w:p>"

/* A Word file with this body (and numbering.xml, styles.xml where not ""). */
static inline struct str make_docx(struct arena *a, const char *body, const char *numbering,
                                   const char *styles)
{
    struct zip_part parts[3];
    size_t n = 0;

    parts[n++] = (struct zip_part){ "word/document.xml",
                                    arena_printf(a, "%s%s%s", DOCX_HEAD, body, DOCX_TAIL) };
    if (*numbering)
        parts[n++] = (struct zip_part){ "word/numbering.xml", str_z(numbering) };
    if (*styles)
        parts[n++] = (struct zip_part){ "word/styles.xml", str_z(styles) };
    return make_zip(a, parts, n);
}

#endif
