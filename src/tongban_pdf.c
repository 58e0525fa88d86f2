/* tongban-pdf: reads {"title","mark","lines":[{"style","text"}]} from descriptor 0 and writes a PDF
 * to descriptor 1. A program of its own, so that the server neither loads fonts nor draws. Exits
 * with 3 where no font has the characters. GB/T 9704-2012 A4; the mark lies across every page. */
#include "base/arena.h"
#include "base/json.h"

#include <cairo-pdf.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define PDF_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PDF_SANITIZED 1
#endif
#endif
#ifdef PDF_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* fontconfig keeps what it read until the end */
}
#endif

enum { IN_MAX = 16 << 20, NO_FONT = 3, WRONG = 2 };
static const double width = 595.28, height = 841.89, margin = 62; /* points */

static const struct look {
    const char *style, *font;
    double grey, after;
} looks[] = {
    { "asked", "sans bold 15", 0, 10 }, { "said", "sans 12", 0, 6 }, { "label", "sans 10", .3, 6 },
    { "source", "sans 10", .3, 4 },     { "mark", "sans 9", .4, 0 },
};

struct page {
    cairo_t *c;
    PangoLayout *mark;
    double y;
    int missing; /* characters that no font has */
};

static struct str read_in(struct arena *a)
{
    char *p = arena_alloc(a, IN_MAX + 1);
    size_t n = 0;
    ssize_t k;

    while (n < IN_MAX && (k = read(0, p + n, IN_MAX - n)) > 0)
        n += (size_t)k;
    return str_of(p, n);
}

static cairo_status_t to_out(void *self, const unsigned char *p, unsigned n)
{
    (void)self;
    while (n) {
        ssize_t k = write(1, p, n);

        if (k <= 0)
            return CAIRO_STATUS_WRITE_ERROR;
        p += k;
        n -= (unsigned)k;
    }
    return CAIRO_STATUS_SUCCESS;
}

static PangoLayout *layout_of(cairo_t *c, const char *font, struct str text)
{
    PangoLayout *l = pango_cairo_create_layout(c);
    PangoFontDescription *f = pango_font_description_from_string(font);

    pango_layout_set_font_description(l, f);
    pango_font_description_free(f);
    pango_layout_set_text(l, text.p, (int)text.n);
    return l;
}

static void across(const struct page *p)
{
    int w, h;

    pango_layout_get_pixel_size(p->mark, &w, &h);
    cairo_save(p->c);
    cairo_set_source_rgb(p->c, .85, .85, .85);
    cairo_translate(p->c, width / 2, height / 2);
    cairo_rotate(p->c, -M_PI / 7);
    cairo_move_to(p->c, -w / 2.0, -h / 2.0);
    pango_cairo_show_layout(p->c, p->mark);
    cairo_restore(p->c);
}

static void begin_page(struct page *p)
{
    across(p);
    p->y = margin;
}

static void draw(struct page *p, const struct look *k, struct str text)
{
    PangoLayout *l = layout_of(p->c, k->font, text);
    PangoLayoutIter *i;

    pango_layout_set_width(l, (int)((width - 2 * margin) * PANGO_SCALE));
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_spacing(l, 5 * PANGO_SCALE);
    p->missing += pango_layout_get_unknown_glyphs_count(l);
    i = pango_layout_get_iter(l);
    do {
        PangoRectangle r;
        double line;

        pango_layout_iter_get_line_extents(i, NULL, &r);
        line = (double)r.height / PANGO_SCALE;
        if (p->y + line > height - margin) {
            cairo_show_page(p->c);
            begin_page(p);
        }
        cairo_set_source_rgb(p->c, k->grey, k->grey, k->grey);
        cairo_move_to(p->c, margin,
                      p->y + (double)pango_layout_iter_get_baseline(i) / PANGO_SCALE -
                          (double)r.y / PANGO_SCALE);
        pango_cairo_show_layout_line(p->c, pango_layout_iter_get_line_readonly(i));
        p->y += line + 5;
    } while (pango_layout_iter_next_line(i));
    p->y += k->after;
    pango_layout_iter_free(i);
    g_object_unref(l);
}

static const struct look *look_of(struct str style)
{
    for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
        if (str_eqz(style, looks[i].style))
            return &looks[i];
    return &looks[1];
}

static int write_pdf(struct arena *a, const struct json_value *v)
{
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(to_out, NULL, width, height);
    struct json_walk w = json_walk(json_get(v, "lines"));
    const struct json_value *line;
    struct page p = { .c = cairo_create(s) };
    bool bad;

    cairo_pdf_surface_restrict_to_version(s, CAIRO_PDF_VERSION_1_4);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE,
                                   arena_z(a, json_get_str(v, "title")));
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_SUBJECT,
                                   arena_z(a, json_get_str(v, "mark")));
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "tongban");
    p.mark = layout_of(p.c, "sans 22", json_get_str(v, "mark"));
    begin_page(&p);
    while ((line = json_step(&w)))
        draw(&p, look_of(json_get_str(line, "style")), json_get_str(line, "text"));
    cairo_show_page(p.c);
    g_object_unref(p.mark);
    cairo_destroy(p.c);
    cairo_surface_finish(s);
    bad = cairo_surface_status(s) != CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(s);
    return bad ? WRONG : p.missing ? NO_FONT : 0;
}

int main(void)
{
    struct arena a = ARENA_INIT;
    struct tb_err e = TB_ERR_INIT;
    const struct json_value *v;
    int code = json_read(&a, read_in(&a), &v, &e) ? WRONG : write_pdf(&a, v);

    arena_release(&a);
    return code;
}
