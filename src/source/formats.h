/* Every format, a row each. CY_FORMAT(name) is src/source/name.c. */
CY_FORMAT(warc)
CY_FORMAT(html)
CY_FORMAT(jsonl)
CY_FORMAT(parquet)
CY_FORMAT(csv)
CY_FORMAT(text)
