/* The elements that the extractor tells apart, and how each of them behaves. Names: HTML Living Standard, section 4 (and 16 for the
 * obsolete ones). Everything else is CY_TAG_OTHER and is treated like a span. */
#ifndef CY_HTML_TAGS_H
#define CY_HTML_TAGS_H

#include "base/bytes.h"

enum {
    CY_TAG_BLOCK = 1 << 0,   /* a line of text never goes across its edges */
    CY_TAG_VOID = 1 << 1,    /* has no content and no end tag */
    CY_TAG_RAW = 1 << 2,     /* its content is not markup: it ends at its own end tag */
    CY_TAG_DROP = 1 << 3,    /* its text is never content */
    CY_TAG_SCOPE = 1 << 4,   /* an end tag inside does not close what is open outside (13.2.4.2 "scope") */
    CY_TAG_ENDS_P = 1 << 5,  /* its start tag closes an open p */
    CY_TAG_FORMAT = 1 << 6,  /* formatting element: its end tag works across blocks (13.2.6.4.7, the adoption agency) */
    CY_TAG_SPACE = 1 << 7,   /* no block, but words on both sides are apart */
    CY_TAG_HEADING = 1 << 8, /* h1 to h6 */
    CY_TAG_STRONG = 1 << 9,  /* bold */
};

/* clang-format off */
#define CY_TAGS(X) \
    X(html, 0) X(head, 0) X(body, CY_TAG_BLOCK) \
    X(title, CY_TAG_RAW) X(meta, CY_TAG_VOID) X(link, CY_TAG_VOID) X(base, CY_TAG_VOID) \
    X(script, CY_TAG_RAW | CY_TAG_DROP) X(style, CY_TAG_RAW | CY_TAG_DROP) X(noscript, CY_TAG_BLOCK) \
    X(iframe, CY_TAG_RAW | CY_TAG_DROP) X(noembed, CY_TAG_RAW | CY_TAG_DROP) X(noframes, CY_TAG_RAW | CY_TAG_DROP) \
    X(textarea, CY_TAG_RAW | CY_TAG_DROP | CY_TAG_SPACE) X(xmp, CY_TAG_RAW | CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_DROP) \
    X(svg, CY_TAG_DROP) X(template, CY_TAG_BLOCK | CY_TAG_SCOPE) X(object, CY_TAG_SCOPE) X(applet, CY_TAG_SCOPE) \
    X(audio, CY_TAG_DROP) X(video, CY_TAG_DROP) X(canvas, CY_TAG_DROP) X(select, CY_TAG_DROP | CY_TAG_SPACE) \
    X(datalist, CY_TAG_DROP) X(option, CY_TAG_DROP) X(optgroup, CY_TAG_DROP) X(map, CY_TAG_DROP) \
    X(div, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(p, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(section, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(article, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(main, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(header, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(footer, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(nav, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(aside, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(address, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(blockquote, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(center, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(details, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(summary, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(dialog, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(figure, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(figcaption, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(hgroup, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(search, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(menu, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(dir, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(form, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(fieldset, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(legend, CY_TAG_BLOCK) \
    X(ul, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(ol, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(li, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(dl, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(dt, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(dd, CY_TAG_BLOCK | CY_TAG_ENDS_P) \
    X(h1, CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_HEADING) X(h2, CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_HEADING) \
    X(h3, CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_HEADING) X(h4, CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_HEADING) \
    X(h5, CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_HEADING) X(h6, CY_TAG_BLOCK | CY_TAG_ENDS_P | CY_TAG_HEADING) \
    X(pre, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(listing, CY_TAG_BLOCK | CY_TAG_ENDS_P) X(hr, CY_TAG_BLOCK | CY_TAG_VOID | CY_TAG_ENDS_P) \
    X(table, CY_TAG_BLOCK | CY_TAG_SCOPE | CY_TAG_ENDS_P) X(caption, CY_TAG_BLOCK | CY_TAG_SCOPE) X(colgroup, 0) X(col, CY_TAG_VOID) \
    X(tbody, CY_TAG_BLOCK) X(thead, CY_TAG_BLOCK) X(tfoot, CY_TAG_BLOCK) X(tr, CY_TAG_BLOCK) \
    X(td, CY_TAG_BLOCK | CY_TAG_SCOPE) X(th, CY_TAG_BLOCK | CY_TAG_SCOPE) \
    X(a, CY_TAG_FORMAT) X(b, CY_TAG_FORMAT | CY_TAG_STRONG) X(strong, CY_TAG_FORMAT | CY_TAG_STRONG) X(i, CY_TAG_FORMAT) \
    X(em, CY_TAG_FORMAT) X(u, CY_TAG_FORMAT) X(s, CY_TAG_FORMAT) X(strike, CY_TAG_FORMAT) X(big, CY_TAG_FORMAT) \
    X(small, CY_TAG_FORMAT) X(tt, CY_TAG_FORMAT) X(code, CY_TAG_FORMAT) X(font, CY_TAG_FORMAT) X(nobr, CY_TAG_FORMAT) \
    X(span, 0) X(label, CY_TAG_SPACE) X(button, CY_TAG_SPACE | CY_TAG_SCOPE) X(time, 0) X(q, 0) X(cite, 0) X(sup, 0) X(sub, 0) \
    X(input, CY_TAG_VOID | CY_TAG_SPACE) X(img, CY_TAG_VOID) X(br, CY_TAG_VOID) X(wbr, CY_TAG_VOID) X(source, CY_TAG_VOID) \
    X(track, CY_TAG_VOID) X(embed, CY_TAG_VOID) X(area, CY_TAG_VOID) X(param, CY_TAG_VOID) X(frame, CY_TAG_VOID) X(keygen, CY_TAG_VOID) \
    X(picture, 0) X(ruby, 0) X(rt, CY_TAG_DROP) X(rp, CY_TAG_DROP) X(output, 0) X(math, 0) X(annotation, CY_TAG_DROP)
/* clang-format on */

enum cy_tag {
    CY_TAG_OTHER = 0,
#define CY_TAG_ENUM(name, flags) CY_TAG_##name,
    CY_TAGS(CY_TAG_ENUM)
#undef CY_TAG_ENUM
        CY_TAG_COUNT,
};

extern const uint16_t cy_tag_flags[CY_TAG_COUNT];

enum { CY_TAG_NAME_MAX = 10 }; /* bytes of the longest name in the table: blockquote, figcaption, annotation */

/* Finds tags by name. Filled once by cy_tag_index_init, then read-only. */
struct cy_tag_index {
    uint8_t slots[1024]; /* an open-addressing table of enum cy_tag; 0 is an empty slot */
};
void cy_tag_index_init(struct cy_tag_index *index);
/* The tag of a name in any case; CY_TAG_OTHER when the table has none. */
enum cy_tag cy_tag_find(const struct cy_tag_index *index, const char *name, size_t size_bytes);

#endif
