/* A table while it is read: cells with their spans, then rows with every merged value written out,
 * so that each row can be read and cited alone. */
#ifndef EXTRACT_GRID_H
#define EXTRACT_GRID_H
#include "extract/blocks.h"

enum { GRID_ROWS_MAX = 20000 };

#define GRID_PARAGRAPH "\x1e"

struct grid_cell {
    struct str text;
    struct str raw;            /* paragraphs apart by GRID_PARAGRAPH */
    bool filled, across, down; /* taken; a colspan's tail; a rowspan's tail */
    bool head;                 /* <th> */
};
struct grid {
    struct arena *a;
    struct grid_row {
        struct grid_cell cells[BLOCKS_CELLS_MAX];
        size_t n;
        bool head;
    } * *rows;
    size_t n, cap, rows_expected;
    size_t text_bytes, longest;
};

void grid_row(struct grid *g, bool head);
/* down > 1: spans that many rows; across > 1: that many columns. text lives as long as the grid. */
void grid_cell(struct grid *g, struct str text, int across, int down, bool head);
/* Word's vMerge: this cell goes on from the one above it. */
void grid_cell_below(struct grid *g, int across);
/* True when it carries data; false: it only lays out a page (one column, or whole articles in
 * cells). */
bool grid_is_data(const struct grid *g);
void grid_emit(struct grid *g, struct blocks *out);        /* as rows of a new table */
void grid_emit_layout(struct grid *g, struct blocks *out); /* as paragraphs */

#endif
