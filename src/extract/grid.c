#include "extract/grid.h"

#include "base/utf8.h"

enum { SPAN_ROWS_MAX = 500, HEADER_ROWS_MAX = 4 };

/* Row r; rows below the current one exist only to hold what spans into them. */
static struct grid_row *row_at(struct grid *g, size_t r)
{
    while (g->cap <= r)
        g->rows = arena_grow(g->a, g->rows, g->cap, &g->cap, sizeof(struct grid_row *));
    return g->rows[r];
}

static struct grid_row *row_need(struct grid *g, size_t r)
{
    while (g->rows_expected <= r) {
        row_at(g, g->rows_expected);
        g->rows[g->rows_expected++] = ARENA_NEW(g->a, struct grid_row);
    }
    return g->rows[r];
}

void grid_row(struct grid *g, bool head)
{
    if (g->n >= GRID_ROWS_MAX)
        return;
    row_need(g, g->n)->head = head;
    g->n++;
}

static size_t free_column(const struct grid_row *row)
{
    size_t c = 0;

    while (c < BLOCKS_CELLS_MAX && row->cells[c].filled)
        c++;
    return c;
}

static void put(struct grid_row *row, size_t c, const struct grid_cell *cell)
{
    row->cells[c] = *cell;
    row->cells[c].filled = true;
    row->n = c + 1 > row->n ? c + 1 : row->n;
}

void grid_cell(struct grid *g, struct str text, int across, int down, bool head)
{
    struct grid_cell cell = { .text = blocks_tidy(g->a, text), .raw = text, .head = head };
    size_t c, chars;

    if (!g->n)
        grid_row(g, false);
    c = free_column(g->rows[g->n - 1]);
    chars = utf8_count(cell.text);
    g->text_bytes += cell.text.n;
    g->longest = chars > g->longest ? chars : g->longest;
    if (down > SPAN_ROWS_MAX)
        down = SPAN_ROWS_MAX;
    for (int r = 0; r < (down < 1 ? 1 : down); r++) {
        struct grid_row *row = row_need(g, g->n - 1 + (size_t)r);

        cell.down = r > 0;
        for (size_t k = 0; k < (size_t)(across < 1 ? 1 : across) && c + k < BLOCKS_CELLS_MAX; k++) {
            cell.across = k > 0;
            put(row, c + k, &cell);
        }
    }
}

void grid_cell_below(struct grid *g, int across)
{
    size_t c;

    if (!g->n)
        grid_row(g, false);
    c = free_column(g->rows[g->n - 1]);
    for (size_t k = 0; k < (size_t)(across < 1 ? 1 : across) && c + k < BLOCKS_CELLS_MAX; k++) {
        struct grid_cell cell = { 0 };

        if (g->n > 1)
            cell = g->rows[g->n - 2]->cells[c + k];
        cell.down = true;
        put(g->rows[g->n - 1], c + k, &cell);
    }
}

static size_t columns_of(const struct grid *g)
{
    size_t most = 0;

    for (size_t r = 0; r < g->n; r++)
        most = g->rows[r]->n > most ? g->rows[r]->n : most;
    return most;
}

bool grid_is_data(const struct grid *g)
{
    size_t columns = columns_of(g);

    return g->n >= 2 && columns >= 2 && g->longest <= 2000 &&
           g->text_bytes / (g->n * columns) <= 900;
}

/* One value across the whole width: a caption above the table, or a band inside it. */
static bool is_band(const struct grid_row *row, size_t columns)
{
    size_t said = 0;

    for (size_t c = 0; c < row->n; c++)
        said += row->cells[c].text.n > 0 && !row->cells[c].across;
    return said == 1 && columns > 1 && row->cells[0].text.n > 0 &&
           (row->n == 1 || row->cells[1].across || row->n < columns);
}

/* How many rows name the columns: <thead> or <th>, or the first with what its cells span. */
static size_t header_rows(const struct grid *g, size_t first)
{
    size_t n = first;
    bool across = false;

    while (n < g->n && n - first < HEADER_ROWS_MAX &&
           (g->rows[n]->head || g->rows[n]->cells[0].head) && (n == first || g->rows[n]->head))
        n++;
    if (n > first)
        return n - first;
    for (size_t c = 0; c < g->rows[first]->n; c++)
        across |= g->rows[first]->cells[c].across;
    for (n = first + 1; across && n < g->n && n - first < HEADER_ROWS_MAX; n++) {
        bool spans = false;

        for (size_t c = 0; c < g->rows[n]->n; c++)
            spans |= g->rows[n]->cells[c].down;
        if (!spans)
            break;
    }
    return n - first;
}

static void emit_header(struct grid *g, size_t first, size_t rows, int table, struct blocks *out)
{
    struct str names[BLOCKS_CELLS_MAX];
    size_t columns = columns_of(g);

    for (size_t c = 0; c < columns; c++) {
        names[c] = g->rows[first]->cells[c].text;
        for (size_t r = first + 1; r < first + rows; r++) {
            struct str below = g->rows[r]->cells[c].text;

            if (below.n && !str_eq(below, names[c]) && !g->rows[r]->cells[c].down)
                names[c] = names[c].n
                               ? arena_printf(g->a, "%.*s·%.*s", STR_FMT(names[c]), STR_FMT(below))
                               : below;
        }
    }
    for (size_t c = columns; c-- > 1;)
        if (g->rows[first]->cells[c].across && str_eq(names[c], names[c - 1]))
            names[c] = STR("");
    blocks_row(out, table, true, names, columns);
}

static void emit_row(const struct grid_row *row, int table, struct blocks *out)
{
    struct str cells[BLOCKS_CELLS_MAX];
    bool own = false;

    for (size_t c = 0; c < row->n; c++) {
        cells[c] = row->cells[c].across ? STR("") : row->cells[c].text;
        own |= !row->cells[c].down && row->cells[c].text.n > 0;
    }
    if (own)
        blocks_row(out, table, false, cells, row->n);
}

void grid_emit(struct grid *g, struct blocks *out)
{
    size_t first = 0, columns = columns_of(g), rows;
    int table = ++out->tables;

    while (first + 2 < g->n && is_band(g->rows[first], columns))
        blocks_paragraph(out, g->rows[first++]->cells[0].text);
    rows = header_rows(g, first);
    if (first + rows >= g->n)
        rows = 1;
    emit_header(g, first, rows, table, out);
    for (size_t r = first + rows; r < g->n; r++)
        emit_row(g->rows[r], table, out);
}

void grid_emit_layout(struct grid *g, struct blocks *out)
{
    for (size_t r = 0; r < g->n; r++)
        for (size_t c = 0; c < g->rows[r]->n; c++) {
            const struct grid_cell *cell = &g->rows[r]->cells[c];

            for (struct str rest = cell->raw; rest.p && !cell->across && !cell->down;)
                blocks_paragraph(out, str_cut(&rest, STR(GRID_PARAGRAPH)));
        }
}
