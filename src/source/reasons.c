#include "source/reasons.h"

/* By how the reason begins: what comes behind names the case at hand. Longer beginnings stand before shorter ones. */
static const struct {
    const char *beginning, *meaning;
} unreadable[] = {
    {"too_large", "a record larger than 64 MiB, unpacked"},
    {"truncated", "the file ends within the record: the download may have been cut short"},
    {"gzip_truncated", "the file ends within a gzip member: the download may have been cut short"},
    {"zstd_truncated", "the file ends within a zstd frame: the download may have been cut short"},
    {"gzip_corrupt", "bytes that are no gzip, or whose checksum is wrong; reading went on at the next member that unpacks"},
    {"zstd_corrupt", "bytes that are no zstd, or whose checksum is wrong; reading went on at the next frame that unpacks"},
    {"content_length", "a WARC record whose Content-Length is missing or wrong; reading went on at the next record"},
    {"warc_head", "a WARC head that is none, or longer than 64 KiB; reading went on at the next record"},
    {"content_encoding: br", "a page packed with Brotli, which is not read"},
    {"content_encoding", "a page that says how it is packed, and does not unpack so"},
    {"no_text_field", "the record has no field of the name that the source's `text` says"},
    {"text_not_string", "the field that should hold the text holds something else"},
    {"json: not an object", "a line that is JSON, but no object"},
    {"json", "a line that is not JSON (RFC 8259)"},
    {"csv: no header row", "a CSV file whose first row does not name the columns"},
    {"csv: more than", "a CSV file with more columns than are read"},
    {"csv: quote", "a quote that is not closed before the record's largest size, or the end of the file"},
    {"csv: text behind", "a field that goes on behind its closing quote (RFC 4180, 2.5)"},
    {"csv", "a row with more or fewer fields than the header"},
    {"encoding: binary", "bytes that are no text"},
    {"encoding: unknown", "text whose encoding could not be told"},
    {"encoding: the header", "a CSV file whose header row does not fit its encoding"},
    {"encoding: UTF-16", "save the file as UTF-8"},
    {"encoding", "text that does not fit its encoding: more than one character in a hundred would be lost"},
    {"parquet", "DuckDB could not read the file on"},
    {"html_too_deep", "a page whose elements are nested so deep that it is no page for people"},
    {"html_too_large", "a page with so many elements that it is no page for people"},
    {"could not", "the system would not let the file be read"},
    {NULL, ""},
};

const char *cy_reason_meaning(enum cy_fate what, struct cy_str reason)
{
    if (what == CY_SKIPPED)
        return cy_str_is(reason, "empty") ? "a record without content" : "no document, by its type";
    if (what != CY_UNREADABLE)
        return "";
    size_t i = 0;
    while (unreadable[i].beginning != NULL && !cy_str_starts(reason, cy_str(unreadable[i].beginning)))
        i++;
    return unreadable[i].meaning;
}
