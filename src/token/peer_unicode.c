#include "token/peer_unicode.h"

/* What the rules of UAX #29, section 3.1.1, must know of the characters before a boundary, beside the last one's class. */
struct cluster {
    enum cy_peer_grapheme before;
    bool pictograph; /* GB11: a pictograph, and since then only Extend and ZWJ */
    bool odd;        /* GB12: an odd number of regional indicators in a row */
    bool consonant;  /* GB9c: a consonant, and since then only linkers and what is conjoined */
    bool linker;     /* … among them a linker */
};

static void pass(struct cluster *cluster, unsigned classes)
{
    const enum cy_peer_grapheme grapheme = (enum cy_peer_grapheme)(classes >> 8);
    cluster->pictograph =
        grapheme == CY_GRAPHEME_PICTOGRAPH ||
        (cluster->pictograph && (grapheme == CY_GRAPHEME_EXTEND || (grapheme == CY_GRAPHEME_ZWJ && cluster->before != CY_GRAPHEME_ZWJ)));
    cluster->odd = grapheme == CY_GRAPHEME_REGIONAL && !cluster->odd;
    cluster->linker = cluster->consonant && (cluster->linker || (classes & CY_PEER_LINKER) != 0) && grapheme != CY_GRAPHEME_CONSONANT;
    cluster->consonant = grapheme == CY_GRAPHEME_CONSONANT || (cluster->consonant && (classes & (CY_PEER_LINKER | CY_PEER_CONJOINED)) != 0);
    cluster->before = grapheme;
}

/* Whether a character of this class goes on with the cluster. */
static bool joins(const struct cluster *cluster, enum cy_peer_grapheme after)
{
    const enum cy_peer_grapheme before = cluster->before;
    if (before == CY_GRAPHEME_CR && after == CY_GRAPHEME_LF) /* GB3 */
        return true;
    if ((before >= CY_GRAPHEME_CONTROL && before <= CY_GRAPHEME_LF) || (after >= CY_GRAPHEME_CONTROL && after <= CY_GRAPHEME_LF))
        return false; /* GB4, GB5 */
    if (before == CY_GRAPHEME_PREPEND)
        return true; /* GB9b */
    switch (after) {
    case CY_GRAPHEME_EXTEND:
    case CY_GRAPHEME_ZWJ:
    case CY_GRAPHEME_SPACING_MARK: /* GB9, GB9a */
        return true;
    case CY_GRAPHEME_L: /* GB6 to GB8: Hangul */
    case CY_GRAPHEME_LV:
    case CY_GRAPHEME_LVT:
        return before == CY_GRAPHEME_L;
    case CY_GRAPHEME_V:
        return before == CY_GRAPHEME_L || before == CY_GRAPHEME_V || before == CY_GRAPHEME_LV;
    case CY_GRAPHEME_T:
        return before == CY_GRAPHEME_V || before == CY_GRAPHEME_T || before == CY_GRAPHEME_LV || before == CY_GRAPHEME_LVT;
    case CY_GRAPHEME_CONSONANT:
        return cluster->linker;
    case CY_GRAPHEME_PICTOGRAPH:
        return before == CY_GRAPHEME_ZWJ && cluster->pictograph;
    case CY_GRAPHEME_REGIONAL:
        return before == CY_GRAPHEME_REGIONAL && cluster->odd;
    default:
        return false;
    }
}

size_t cy_peer_grapheme_size(struct cy_str text)
{
    const char *at = text.data, *end = text.data + text.size;
    struct cluster cluster = {.before = CY_GRAPHEME_OTHER};
    uint32_t point = cy_utf8_decode(&at, end);
    if (point == CY_REPLACEMENT && at - text.data == 1)
        return 1;
    pass(&cluster, cy_peer_class(point));
    while (at < end) {
        const char *next = at;
        point = cy_utf8_decode(&next, end);
        unsigned classes = cy_peer_class(point);
        if ((point == CY_REPLACEMENT && next - at == 1) || !joins(&cluster, (enum cy_peer_grapheme)(classes >> 8)))
            break;
        pass(&cluster, classes);
        at = next;
    }
    return (size_t)(at - text.data);
}
