#include "extract/html_int.h"

#include <string.h>

/* Never part of a document. */
static const char *const never[] = { "script", "style",  "noscript", "iframe",   "nav",    "footer",
                                     "aside",  "button", "select",   "textarea", "input",  "svg",
                                     "video",  "audio",  "template", "object",   "canvas", "map",
                                     "head",   "dialog", NULL };

/* Words in class and id of what surrounds a document. Not believed of large parts (see is_junk). */
static const char *const junk[] = {
    "nav",     "menu",     "crumb",      "foot",      "sidebar", "share",  "toolbar",  "qrcode",
    "ewm",     "pager",    "pagination", "copyright", "login",   "zoom-",  "zoombtn",  "fontsize",
    "modal",   "search",   "related",    "recommend", "print",   "banner", "location", "position",
    "barrier", "voice",    "player",     "feedback",  "header",  "dialog", "tips",     "extended",
    "_others", "subtitle", "index-info", NULL
};

static bool has_word(struct str s, const char *const *words)
{
    char low[256];
    size_t n = s.n < sizeof(low) ? s.n : sizeof(low);

    for (size_t i = 0; i < n; i++)
        low[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 32) : s.p[i];
    for (; *words; words++)
        if (str_has(str_of(low, n), str_z(*words)))
            return true;
    return false;
}

static bool is_hidden(const xmlNode *n)
{
    struct str style = html_attr(n, "style");

    return xmlHasProp(n, BAD_CAST "hidden") || str_has(style, STR("display:none")) ||
           str_has(style, STR("display: none")) || str_eqz(html_attr(n, "aria-hidden"), "true");
}

static bool looks_junk(const xmlNode *n)
{
    return is_hidden(n) || has_word(html_attr(n, "class"), junk) ||
           has_word(html_attr(n, "id"), junk);
}

/* Prose: a run of text with sentence marks in it, or a long one. */
static bool is_prose(struct str s)
{
    static const char *const marks[] = { "。", "，", "；", "、", "：", NULL };

    if (s.n > 300)
        return true;
    for (int i = 0; marks[i]; i++)
        if (str_has(s, str_z(marks[i])))
            return true;
    return false;
}

static void weigh_text(struct html_weight *w, const xmlNode *n)
{
    struct str s = str_trim(str_z((const char *)n->content));

    w->text += s.n;
    if (is_prose(s))
        w->prose += s.n;
}

static void weigh(struct arena *a, xmlNode *n, int depth)
{
    struct html_weight *w = ARENA_NEW(a, struct html_weight);

    n->_private = w;
    w->dropped = html_is_any(n, never) || depth > HTML_DEPTH_MAX;
    for (xmlNode *k = n->children; k && !w->dropped; k = k->next) {
        const struct html_weight *kw;

        if (k->type == XML_TEXT_NODE || k->type == XML_CDATA_SECTION_NODE)
            weigh_text(w, k);
        if (k->type != XML_ELEMENT_NODE)
            continue;
        weigh(a, k, depth + 1);
        kw = k->_private;
        w->text += kw->text;
        w->link += kw->link;
        w->prose += kw->prose;
    }
    if (html_is(n, "a")) {
        w->link = w->text;
        w->prose = 0;
    }
    if (w->dropped)
        w->text = w->link = w->prose = 0;
}

/* Second pass, now that the whole is known: small parts that look like surroundings, and lists of
 * links, go. */
static void drop_junk(xmlNode *n, const struct html_weight *all)
{
    for (xmlNode *k = n->children; k; k = k->next) {
        struct html_weight *w;

        if (k->type != XML_ELEMENT_NODE)
            continue;
        w = k->_private;
        if (w->dropped)
            continue;
        if (looks_junk(k) && w->prose * 5 < all->prose * 2)
            w->dropped = true;
        else if (w->text > 60 && w->link * 10 > w->text * 9 && w->prose * 10 < w->text)
            w->dropped = true;
        else
            drop_junk(k, all);
    }
}

static void add_up(xmlNode *n)
{
    struct html_weight *w = n->_private;

    w->prose = w->text = 0;
    if (w->dropped)
        return;
    for (xmlNode *k = n->children; k; k = k->next) {
        if (k->type == XML_TEXT_NODE || k->type == XML_CDATA_SECTION_NODE)
            weigh_text(w, k);
        if (k->type != XML_ELEMENT_NODE)
            continue;
        add_up(k);
        w->prose += ((struct html_weight *)k->_private)->prose;
        w->text += ((struct html_weight *)k->_private)->text;
    }
    if (html_is(n, "a"))
        w->prose = 0;
}

void html_weigh(struct arena *a, xmlNode *root)
{
    struct html_weight all;

    weigh(a, root, 0);
    all = *(struct html_weight *)root->_private;
    drop_junk(root, &all);
    add_up(root);
}

/* Containers that the common site systems put around an article. */
static const char *const homes[] = {
    "zoomcon",         "zoom",          "ucap-content",    "trs_editor",
    "trs_ueditor",     "trs_uedit",     "content_article", "article-content",
    "article_content", "pages_content", "article-con",     "article_con",
    "news_cont",       "view-content",  "con_text",        "xxgk_content",
    "detail-content",  "info_cont",     "detailcon",       NULL
};

static bool is_home(const xmlNode *n)
{
    struct str id = html_attr(n, "id"), class = html_attr(n, "class");

    for (int i = 0; homes[i]; i++) {
        if (str_case_eq(id, str_z(homes[i])))
            return true;
        for (struct str rest = class; rest.p;)
            if (str_case_eq(str_cut(&rest, STR(" ")), str_z(homes[i])))
                return true;
    }
    return false;
}

static void find_home(const xmlNode *n, const xmlNode **best)
{
    for (const xmlNode *k = n->children; k; k = k->next) {
        if (k->type != XML_ELEMENT_NODE || html_weight(k)->dropped)
            continue;
        if (is_home(k) && (!*best || html_weight(k)->prose > html_weight(*best)->prose))
            *best = k;
        find_home(k, best);
    }
}

/* Goes down while one child holds nearly all the prose; a table is taken whole. */
static const xmlNode *narrowed(const xmlNode *at)
{
    for (;;) {
        const xmlNode *best = NULL;

        for (const xmlNode *k = at->children; k; k = k->next)
            if (k->type == XML_ELEMENT_NODE && !html_weight(k)->dropped && !html_is(k, "table") &&
                !html_is(k, "p") && html_weight(k)->prose * 100 >= html_weight(at)->prose * 85)
                best = k;
        if (!best || html_weight(best)->prose == 0)
            return at;
        at = best;
    }
}

const xmlNode *html_main(const xmlNode *root)
{
    const xmlNode *home = NULL;

    find_home(root, &home);
    if (home && html_weight(home)->text > 0 &&
        html_weight(home)->prose * 3 >= html_weight(root)->prose)
        return home;
    return narrowed(root);
}
