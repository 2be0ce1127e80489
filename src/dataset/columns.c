#include "dataset/columns.h"

#define BOTH (CY_IN_DATA | CY_IN_VERDICTS)

const struct cy_column cy_columns[] = {
    {"id", CY_COLUMN_TEXT, BOTH, "the record's own id, or <file>#<record>"},
    {"text", CY_COLUMN_TEXT, CY_IN_DATA, "the document"},
    {"url", CY_COLUMN_TEXT, BOTH, "where it was published; NULL where the source has none"},
    {"source", CY_COLUMN_TEXT, BOTH, "the input file"},
    {"offset", CY_COLUMN_INTEGER, BOTH,
     "byte in that file where the record, or the compressed member that holds it, begins; in Parquet its row"},
    {"offset_within", CY_COLUMN_INTEGER, BOTH, "bytes into that member, decompressed; 0 in a plain file"},
    {"party", CY_COLUMN_TEXT, BOTH, "the organisation that contributed it; NULL where not stated"},
    {"license", CY_COLUMN_TEXT, BOTH, "the licence of the source; NULL where not stated"},
    {"language", CY_COLUMN_TEXT, BOTH, "ISO 639 code; NULL where not measured"},
    {"metadata", CY_COLUMN_TEXT, CY_IN_DATA, "what else the record carried, as JSON text; NULL where nothing"},
    {"bytes", CY_COLUMN_INTEGER, CY_IN_VERDICTS, "size of the record as it was read"},
    {"tokens", CY_COLUMN_TOKENS, BOTH, "tokens, one number for each vocabulary"},
    {"what", CY_COLUMN_TEXT, CY_IN_VERDICTS, "removed, unreadable or skipped"},
    {"step", CY_COLUMN_TEXT, CY_IN_VERDICTS, "the recipe's step that decided; NULL: reading"},
    {"operator", CY_COLUMN_TEXT, CY_IN_VERDICTS, "its operator"},
    {"rule", CY_COLUMN_TEXT, CY_IN_VERDICTS, "the rule, the reason, or the type"},
    {"measured", CY_COLUMN_NUMBER, CY_IN_VERDICTS, "the value that decided"},
    {"threshold", CY_COLUMN_NUMBER, CY_IN_VERDICTS, "what it was held against"},
    {"duplicate_of", CY_COLUMN_TEXT, CY_IN_VERDICTS, "id of the kept document that it duplicates"},
    {"similarity", CY_COLUMN_NUMBER, CY_IN_VERDICTS, "to that document, 0 to 1"},
    {"signals", CY_COLUMN_SIGNALS, BOTH, "what the steps measured: signals.<step>.<signal>"},
    {"text", CY_COLUMN_TEXT, CY_IN_VERDICTS, "the removed text or its beginning, or the masked match"},
    {0},
};
