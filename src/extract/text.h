/* Plain text and Markdown to blocks. A line is a paragraph, as official texts are saved (every 款
 * on its own line), except where all lines are evidently wrapped at one width. */
#ifndef EXTRACT_TEXT_H
#define EXTRACT_TEXT_H
#include "extract/blocks.h"

void text_read_plain(struct str text, struct blocks *out);
/* CommonMark's headings, pipe tables, emphasis, links (text kept), lists and quotes; a line of
 * nothing but links is navigation and dropped; YAML front matter becomes facts. */
void text_read_markdown(struct str text, struct blocks *out);

#endif
