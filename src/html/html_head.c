#include "html/html_builder.h"

enum { JSON_LD_BYTES_MAX = 256 * 1024 }; /* read of one script: types stand early, and some carry the whole catalogue */

void cy_html_read_meta(struct cy_html_head *head, const struct cy_html_attributes *attributes)
{
    const struct {
        const char *name;
        struct cy_str *field;
    } fields[] = {
        {"og:title", &head->og_title},           {"og:type", &head->og_type},
        {"article:published_time", &head->date}, {"og:article:published_time", &head->date},
        {"datePublished", &head->date},          {"date", &head->date},
        {"dc.date.issued", &head->date},
    };
    struct cy_str name = attributes->name.size > 0 ? attributes->name : attributes->itemprop;
    if (name.size == 0 || attributes->content.size == 0)
        return;
    for (size_t i = 0; i < CY_COUNT(fields); i++)
        if (fields[i].field->size == 0 && cy_str_equal_nocase(name, cy_str(fields[i].name)))
            *fields[i].field = attributes->content;
}

uint32_t cy_html_schema_of(struct cy_str type)
{
    static const struct {
        struct cy_str name;
        uint32_t schema;
    } types[] = {
        {CY_STR("Article"), CY_SCHEMA_ARTICLE},
        {CY_STR("NewsArticle"), CY_SCHEMA_ARTICLE},
        {CY_STR("BlogPosting"), CY_SCHEMA_ARTICLE},
        {CY_STR("ReportageNewsArticle"), CY_SCHEMA_ARTICLE},
        {CY_STR("ScholarlyArticle"), CY_SCHEMA_ARTICLE},
        {CY_STR("Report"), CY_SCHEMA_ARTICLE},
        {CY_STR("Product"), CY_SCHEMA_PRODUCT},
        {CY_STR("ProductGroup"), CY_SCHEMA_PRODUCT},
        {CY_STR("IndividualProduct"), CY_SCHEMA_PRODUCT},
        {CY_STR("ItemList"), CY_SCHEMA_LIST},
        {CY_STR("CollectionPage"), CY_SCHEMA_LIST},
        {CY_STR("OfferCatalog"), CY_SCHEMA_LIST},
        {CY_STR("SearchResultsPage"), CY_SCHEMA_LIST},
        {CY_STR("DiscussionForumPosting"), CY_SCHEMA_FORUM},
        {CY_STR("QAPage"), CY_SCHEMA_FORUM},
        {CY_STR("SocialMediaPosting"), CY_SCHEMA_FORUM},
        {CY_STR("FAQPage"), CY_SCHEMA_FAQ},
        {CY_STR("Service"), CY_SCHEMA_SERVICE},
        {CY_STR("LocalBusiness"), CY_SCHEMA_SERVICE},
        {CY_STR("ProfessionalService"), CY_SCHEMA_SERVICE},
        {CY_STR("Course"), CY_SCHEMA_SERVICE},
        {CY_STR("Recipe"), CY_SCHEMA_RECIPE},
        {CY_STR("TechArticle"), CY_SCHEMA_TECH},
        {CY_STR("APIReference"), CY_SCHEMA_TECH},
        {CY_STR("HowTo"), CY_SCHEMA_TECH},
        {CY_STR("SoftwareApplication"), CY_SCHEMA_TECH},
    };
    while (type.size > 0 && memchr(type.data, '/', type.size) != NULL)
        cy_str_split(type, '/', &type);
    for (size_t i = 0; i < CY_COUNT(types); i++)
        if (cy_str_equal(types[i].name, type))
            return types[i].schema;
    return 0;
}

static struct cy_str skip_to_string(struct cy_str rest)
{
    while (rest.size > 0 && memchr(" \t\r\n:[", rest.data[0], 6) != NULL)
        rest.data++, rest.size--;
    return rest;
}

/* The types are found by their key alone: scripts with a comma too many are common, and a parser would refuse them whole. */
void cy_html_read_json_ld(struct cy_html_head *head, struct cy_str json)
{
    static const struct cy_str key = CY_STR("\"@type\""), date_key = CY_STR("\"datePublished\"");
    json.size = CY_MIN(json.size, (size_t)JSON_LD_BYTES_MAX);
    for (const char *end = json.data + json.size, *at = json.data; (at = memmem(at, (size_t)(end - at), key.data, key.size)) != NULL;) {
        at += key.size;
        struct cy_str rest = skip_to_string((struct cy_str){at, (size_t)(end - at)});
        while (rest.size > 0 && rest.data[0] == '"') { /* one, or a list of them */
            rest.data++, rest.size--;
            struct cy_str type = cy_str_split(rest, '"', &rest);
            head->schema_types |= cy_html_schema_of(type);
            if (rest.size == 0 || rest.data[0] != ',')
                break;
            rest.data++, rest.size--;
            struct cy_str next = skip_to_string(rest);
            if (next.size == 0 || next.data[0] != '"' || memchr(next.data, ']', CY_MIN(next.size, (size_t)80)) == NULL)
                break;
            rest = next;
        }
    }
    const char *date = head->date.size > 0 || json.size == 0 ? NULL : memmem(json.data, json.size, date_key.data, date_key.size);
    if (date == NULL)
        return;
    date += date_key.size;
    struct cy_str rest = skip_to_string((struct cy_str){date, (size_t)(json.data + json.size - date)});
    if (rest.size > 0 && rest.data[0] == '"') {
        rest.data++, rest.size--;
        head->date = cy_str_split(rest, '"', &rest);
    }
}
